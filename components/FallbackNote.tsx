// Another model answered than the one that was asked: which, and why.
import { nameOf } from "../lib/client/catalog.ts";
import type { ErrorCode } from "../lib/core/errors.ts";
import type { Fallback } from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";

/** What happened to the model that was asked, after its name. */
const BECAUSE: Partial<Record<ErrorCode, string>> = {
  provider_overloaded: "is overloaded",
  provider_rate_limit: "takes no more requests now",
  provider_unreachable: "could not be reached",
  provider_auth: "refused the key",
  provider_rejected: "rejected the request",
  provider_empty: "gave no answer",
  timeout_first_byte: "did not begin to answer in time",
  context_full: "takes no conversation of this length",
  unknown_model: "cannot be used",
};

export function FallbackNote(
  { by, fallback, models }: { by: string | undefined; fallback: Fallback; models: readonly Model[] },
) {
  const name = by === undefined ? "another model" : nameOf(models, by);
  const because = `${nameOf(models, fallback.from)} ${BECAUSE[fallback.code] ?? "could not answer"}`;
  return (
    <details class="aside" data-fallback>
      <summary>{`Answered by ${name}, since ${because}`}</summary>
      <p>{fallback.detail}</p>
    </details>
  );
}
