// Something failed: what, what can be done, and the number that finds it in the log.
import type { ComponentChildren } from "preact";

export interface Failure {
  detail: string;
  requestId?: string;
}

export function ErrorNote({ failure, children }: { failure: Failure; children?: ComponentChildren }) {
  return (
    <div class="error-note">
      <p>{failure.detail}</p>
      {failure.requestId !== undefined && (
        <p class="request-id">
          Request <code>{failure.requestId}</code>
        </p>
      )}
      {children !== undefined && <div class="row">{children}</div>}
    </div>
  );
}
