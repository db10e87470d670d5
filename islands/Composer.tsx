// Where a message is written.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CloseIcon, SendIcon, StopIcon } from "../components/Icons.tsx";
import { useStore } from "../lib/client/use_store.ts";
import { MESSAGE_CHARS_MAX } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { textOf } from "../lib/protocol/message.ts";

/** The counter appears when this much of the limit is used. */
const NEAR_LIMIT = 0.9;

export default function Composer(props: { conversation: Conversation | null }) {
  const store = useStore(props);
  const box = useRef<HTMLTextAreaElement>(null);
  const chars = useSignal(0);
  const busy = store.busy.value;
  const stopping = store.stopping.value;
  const over = chars.value > MESSAGE_CHARS_MAX;
  const open = store.open.id.value;

  const changed = () => {
    const area = box.current;
    if (area === null) return;
    chars.value = area.value.length;
    fit(area);
  };
  const fill = (text: string) => {
    if (box.current === null) return;
    box.current.value = text;
    changed();
  };
  const typed = () => {
    changed();
    store.drafts.writeText(store.open.id.peek(), box.current?.value ?? "");
  };
  const send = () => {
    const text = box.current?.value ?? "";
    if (text.length > MESSAGE_CHARS_MAX || !store.send(text)) return;
    fill("");
    box.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    // Enter that ends a composition belongs to the input method; Safari tells so by 229 alone.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && store.busy.peek()) {
      event.preventDefault();
      void store.stop();
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!event.repeat) send();
  };

  // What was typed before this code ran is in the box already; a draft must not replace it.
  const first = useRef(true);
  useEffect(() => {
    const typedEarly = first.current && box.current !== null && box.current.value !== "";
    first.current = false;
    if (typedEarly) typed();
    else fill(store.drafts.read(open).text);
    if (matchMedia("(pointer: fine)").matches) box.current?.focus({ preventScroll: true });
  }, [open]);
  useSignalEffect(() => {
    const text = store.fill.value;
    if (text === null) return;
    store.fill.value = null;
    fill(text);
    store.drafts.writeText(store.open.id.peek(), text);
    box.current?.focus();
  });

  return (
    <form class="composer" aria-label="Message" onSubmit={(event) => event.preventDefault()}>
      <Queue store={store} />
      <div class="box">
        <label class="sr-only" for="composer">Message</label>
        <textarea
          id="composer"
          ref={box}
          rows={1}
          placeholder="Ask anything"
          aria-describedby="composer-hint"
          enterkeyhint="send"
          autocomplete="off"
          onInput={typed}
          onKeyDown={pressed}
        />
        {busy
          ? (
            <button
              type="button"
              class="round"
              data-action="stop"
              disabled={stopping}
              title="Stop"
              onClick={() => void store.stop()}
            >
              <StopIcon />
              <span class="sr-only">{stopping ? "Stopping…" : "Stop"}</span>
            </button>
          )
          : (
            <button
              type="button"
              class="round"
              data-action="send"
              disabled={over}
              title="Send"
              onClick={send}
            >
              <SendIcon />
              <span class="sr-only">Send</span>
            </button>
          )}
      </div>
      <p id="composer-hint" class="hint" data-over={over}>
        {chars.value > MESSAGE_CHARS_MAX * NEAR_LIMIT
          ? `${chars.value.toLocaleString("en")} of ${MESSAGE_CHARS_MAX.toLocaleString("en")} characters`
          : stopping
          ? "Stopping…"
          : busy
          ? "Enter queues the next message, Esc stops"
          : "Enter sends, Shift+Enter begins a line"}
      </p>
      <noscript>
        <p class="hint">Reading works without JavaScript; sending a message needs it.</p>
      </noscript>
    </form>
  );
}

/** Messages that wait for the answer before them. */
function Queue({ store }: { store: ReturnType<typeof useStore> }) {
  const state = store.open.state.value;
  const queue = state?.conversation.queue ?? [];
  const running = state?.conversation.running != null;
  const sending = running ? store.pending.value.filter((p) => p.state !== "failed") : [];
  const waiting = queue.filter((q) => !sending.some((p) => p.id === q.messageId));
  if (waiting.length === 0 && sending.length === 0) return null;
  return (
    <ul class="queue" aria-label="Queued messages">
      {waiting.map(({ messageId, generationId }) => {
        const message = state?.messages.find((m) => m.id === messageId);
        return (
          <li key={messageId} data-queued={messageId}>
            <span>{message === undefined ? "…" : textOf(message)}</span>
            <button
              type="button"
              class="icon"
              data-action="unqueue"
              title="Remove from the queue"
              onClick={() => void store.unqueue(generationId)}
            >
              <CloseIcon />
              <span class="sr-only">Remove from the queue</span>
            </button>
          </li>
        );
      })}
      {sending.map(({ id, text }) => (
        <li key={id} data-queued={id}>
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}

/** As high as its text, within what the style sheet allows. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
