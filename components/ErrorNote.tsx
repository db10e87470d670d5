// Something failed: what, what can be done, and the number that finds it in the log.
import type { ComponentChildren } from "preact";
import { type ErrorCode, ERRORS } from "../lib/core/errors.ts";

export interface Failure {
  /** `network` and `timeout` are of the browser; the detail says all of them. */
  code?: ErrorCode | "network" | "timeout";
  detail: string;
  requestId?: string;
  /** By which the provider finds it. */
  providerRequestId?: string;
}

export function ErrorNote({ failure, children }: { failure: Failure; children?: ComponentChildren }) {
  const { code, detail, requestId, providerRequestId } = failure;
  const title = code === undefined || code === "network" || code === "timeout" ? null : ERRORS[code].title;
  return (
    <div class="error-note" data-code={code}>
      {title !== null && <p class="title">{title}</p>}
      <p>{detail}</p>
      {requestId !== undefined && (
        <p class="request-id">
          Request <code>{requestId}</code>
        </p>
      )}
      {providerRequestId !== undefined && (
        <p class="request-id">
          The provider's request <code>{providerRequestId}</code>
        </p>
      )}
      {children !== undefined && <div class="row">{children}</div>}
    </div>
  );
}
