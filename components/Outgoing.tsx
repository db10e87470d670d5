// A message on its way: it looks as if it had arrived, unless it waits for the network or failed.
import type { Pending } from "../lib/client/outbox.ts";
import { UserText } from "./attachments/UserText.tsx";
import { ErrorNote } from "./ErrorNote.tsx";
import { Lazy } from "./Lazy.tsx";

export interface OutgoingActions {
  resend(id: string): void;
  edit(id: string): void;
  /** Takes all that was not sent along to a new conversation. */
  startOver(): void;
  unloaded(): void;
}

const UNSENT = { detail: "This was not sent. It is kept in this browser." };
const GONE = () => import("./Gone.tsx").then(({ Gone }) => Gone);

export function Outgoing({ pending, actions }: { pending: Pending; actions: OutgoingActions }) {
  const { id, text, state, error } = pending;
  // What the server says of these is for programs.
  const gone = error?.code === "unauthenticated" || error?.code === "not_found" ? error.code : null;
  const retry = <button type="button" data-action="retry" onClick={() => actions.resend(id)}>Retry</button>;
  const edit = <button type="button" data-action="edit" onClick={() => actions.edit(id)}>Edit</button>;
  return (
    <article
      class="message"
      data-message-id={id}
      data-role="user"
      data-status={state === "accepted" ? "sending" : state}
      data-attempt={1}
      aria-labelledby={`m-${id}`}
      tabIndex={-1}
    >
      <h2 id={`m-${id}`} class="sr-only">You</h2>
      <div class="body" data-text dir="auto">
        <UserText text={text} />
      </div>
      {state === "failed" && (
        <ErrorNote failure={gone === null ? error ?? UNSENT : { ...UNSENT, requestId: error?.requestId }}>
          {gone === null
            ? retry
            : <Lazy load={GONE} failed={actions.unloaded} with={{ code: gone, go: actions.startOver }} />}
          {edit}
        </ErrorNote>
      )}
      {state === "waiting" && <p class="row waits">Waits for the network {retry} {edit}</p>}
    </article>
  );
}
