// Where a message is written.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ContextGauge } from "../components/ContextGauge.tsx";
import { CheckIcon, CloseIcon, SendIcon, StopIcon } from "../components/Icons.tsx";
import { Queue, type QueueActions, type QueueItem } from "../components/Queue.tsx";
import { modelOf, nameOf } from "../lib/client/catalog.ts";
import { WindowMeter } from "../lib/client/window_use.ts";
import { count } from "../lib/client/figures.ts";
import { usePaced } from "../lib/client/use_paced.ts";
import { useStore } from "../lib/client/use_store.ts";
import { MESSAGE_CHARS_MAX, type ModelList } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { textOf } from "../lib/protocol/message.ts";

/** The counter appears when this much of the limit is used. */
const NEAR_LIMIT = 0.9;

/** A gauge that moved with every letter would draw the eye. */
const GAUGE_MS = 500;

export default function Composer(props: { models: ModelList; conversation: Conversation | null }) {
  const store = useStore(props);
  const box = useRef<HTMLTextAreaElement>(null);
  const draft = useSignal("");
  const { models } = store.models.value;
  const once = store.choice.once.value;
  const chars = draft.value.length;
  const meter = useMemo(() => new WindowMeter(), []);
  const use = usePaced(() =>
    meter.read({
      messages: store.open.shown.value.map(({ message }) => message),
      earlierChars: store.open.earlierChars.value,
      instructions: `${store.preferences.value.value.instructions}${store.setup.saved.value.systemPrompt}`,
      draft: draft.value,
      model: modelOf(store.models.value.models, store.choice.next.value),
    }), GAUGE_MS);
  const busy = store.busy.value;
  const stopping = store.stopping.value;
  const over = chars > MESSAGE_CHARS_MAX;
  const open = store.open.id.value;
  const editing = store.waiting.editing.value;

  const changed = () => {
    const area = box.current;
    if (area === null) return;
    draft.value = area.value;
    fit(area);
  };
  const fill = (text: string) => {
    if (box.current === null) return;
    box.current.value = text;
    changed();
  };
  /** Words of an edit are no draft: they belong to a message that is there already. */
  const keep = (text: string) => {
    if (store.waiting.editing.peek() !== null) store.waiting.typed(text);
    else store.drafts.writeText(store.open.id.peek(), text);
  };
  const typed = () => {
    changed();
    keep(box.current?.value ?? "");
  };
  const send = () => {
    const text = box.current?.value ?? "";
    if (text.length > MESSAGE_CHARS_MAX) return;
    if (store.waiting.editing.peek() !== null) return void store.waiting.save(text);
    if (!store.send(text)) return;
    fill("");
    box.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    // Enter that ends a composition belongs to the input method; Safari tells so by 229 alone.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && (store.busy.peek() || store.waiting.editing.peek() !== null)) {
      event.preventDefault();
      if (store.waiting.editing.peek() !== null) store.waiting.leave();
      else void store.stop();
    }
    if (event.key === "ArrowUp" && box.current?.value === "" && store.waiting.editLast()) {
      event.preventDefault();
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
    keep(text);
    box.current?.focus();
  });
  /** The button that was pressed goes with its message: the focus stays near by, where it raises no keyboard. */
  const leaving = (act: () => Promise<void> | void) => {
    void act();
    if (matchMedia("(pointer: fine)").matches) box.current?.focus({ preventScroll: true });
  };
  const actions = useMemo((): QueueActions => ({
    edit: (id) => store.waiting.edit(id),
    leave: () => store.waiting.leave(),
    sendNow: (id) => leaving(() => store.waiting.sendNow(id)),
    remove: (id) => leaving(() => store.waiting.remove(id)),
  }), []);

  return (
    <form class="composer" aria-label="Message" onSubmit={(event) => event.preventDefault()}>
      <Queue items={queueOf(store)} editing={editing} actions={actions} />
      {once !== null && editing === null && (
        <p class="chip once" data-once={once}>
          <span>Next message: {nameOf(models, once)}</span>
          <button
            type="button"
            class="icon"
            data-action="not-once"
            title="As for the others"
            onClick={() => leaving(() => store.choice.chooseOnce(null))}
          >
            <CloseIcon />
            <span class="sr-only">Not {nameOf(models, once)}: the chat's own model</span>
          </button>
        </p>
      )}
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
        {busy && editing === null
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
              data-action={editing === null ? "send" : "save"}
              disabled={over}
              title={editing === null ? "Send" : "Save"}
              onClick={send}
            >
              {editing === null ? <SendIcon /> : <CheckIcon />}
              <span class="sr-only">{editing === null ? "Send" : "Save the queued message"}</span>
            </button>
          )}
      </div>
      <div class="under">
        <p id="composer-hint" class="hint" data-over={over}>
          {chars > MESSAGE_CHARS_MAX * NEAR_LIMIT
            ? `${count(chars)} of ${count(MESSAGE_CHARS_MAX)} characters`
            : editing !== null
            ? "Enter saves the queued message, Esc leaves it as it is"
            : stopping
            ? "Stopping…"
            : busy
            ? "Enter queues the next message, Esc stops"
            : "Enter sends, Shift+Enter begins a line"}
        </p>
        {use.value !== null && use.value.beforeTokens + use.value.draftTokens > 0 && (
          <ContextGauge
            use={use.value}
            model={modelOf(models, store.choice.next.value)}
            spent={store.open.conversation.value?.spent}
            ask={() => store.answers.context(store.choice.next.peek())}
          />
        )}
      </div>
      <noscript>
        <p class="hint">Reading works without JavaScript; sending a message needs it.</p>
      </noscript>
    </form>
  );
}

/** What waits: in the conversation, and on its way there while an answer is being written. */
function queueOf(store: ReturnType<typeof useStore>): QueueItem[] {
  const state = store.open.state.value;
  if (state === null) return [];
  const { queue, running } = state.conversation;
  const sending = running === null ? [] : store.pending.value.filter((p) => p.state !== "failed");
  const waiting = queue.filter((q) => !sending.some((p) => p.id === q.messageId));
  return [
    ...waiting.map(({ messageId }) => {
      const message = state.messages.find((m) => m.id === messageId);
      return { id: messageId, text: message === undefined ? "…" : textOf(message), onItsWay: false };
    }),
    ...sending.map(({ id, text }) => ({ id, text, onItsWay: true })),
  ];
}

/** As high as its text, within what the style sheet allows. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
