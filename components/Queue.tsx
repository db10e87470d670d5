// Messages that wait for the answer before them, above the composer.
import { CloseIcon, RenameIcon, SendIcon } from "./Icons.tsx";

/** A message that waits. One on its way to the server cannot be changed yet. */
export interface QueueItem {
  id: string;
  text: string;
  onItsWay: boolean;
}

export interface QueueActions {
  edit(id: string): void;
  /** Ends the edit, and leaves the message as it is. */
  leave(): void;
  sendNow(id: string): void;
  remove(id: string): void;
}

export function Queue(
  { items, editing, actions }: { items: QueueItem[]; editing: string | null; actions: QueueActions },
) {
  if (items.length === 0) return null;
  return (
    <ul class="queue" aria-label="Queued messages">
      {items.map(({ id, text, onItsWay }) => (
        <li key={id} data-queued={id} data-editing={id === editing}>
          <span id={`q-${id}`} dir="auto">{text}</span>
          {!onItsWay && (
            <>
              <button
                type="button"
                class="icon"
                data-action="edit-queued"
                title={id === editing ? "Leave it as it is" : "Edit"}
                aria-pressed={id === editing}
                aria-describedby={`q-${id}`}
                onClick={() => id === editing ? actions.leave() : actions.edit(id)}
              >
                <RenameIcon />
                <span class="sr-only">Edit queued message</span>
              </button>
              <button
                type="button"
                class="icon"
                data-action="send-now"
                title="Send now: stops the answer that is being written"
                aria-describedby={`q-${id}`}
                onClick={() => actions.sendNow(id)}
              >
                <SendIcon />
                <span class="sr-only">Send now, and stop the answer</span>
              </button>
              <button
                type="button"
                class="icon"
                data-action="unqueue"
                title="Remove from the queue"
                aria-describedby={`q-${id}`}
                onClick={() => actions.remove(id)}
              >
                <CloseIcon />
                <span class="sr-only">Remove from the queue</span>
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
