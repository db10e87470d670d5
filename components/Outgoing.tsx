// A message on its way: it looks as if it had arrived, unless it failed.
import type { Pending } from "../lib/client/outbox.ts";
import { ErrorNote } from "./ErrorNote.tsx";

export interface OutgoingActions {
  resend(id: string): void;
  edit(id: string): void;
}

export function Outgoing({ pending, actions }: { pending: Pending; actions: OutgoingActions }) {
  const { id, text, state, error } = pending;
  return (
    <article
      class="message"
      data-message-id={id}
      data-role="user"
      data-status={state === "failed" ? "failed" : "sending"}
      data-attempt={1}
      aria-labelledby={`m-${id}`}
      tabIndex={-1}
    >
      <h2 id={`m-${id}`} class="sr-only">You</h2>
      <div class="body" data-text dir="auto">
        <p class="plain">{text}</p>
      </div>
      {state === "failed" && (
        <ErrorNote failure={error ?? { detail: "The message could not be sent." }}>
          <button type="button" data-action="retry" onClick={() => actions.resend(id)}>Retry</button>
          <button type="button" data-action="edit" onClick={() => actions.edit(id)}>Edit</button>
        </ErrorNote>
      )}
    </article>
  );
}
