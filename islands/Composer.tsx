// Where a message is written.
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { AttachIcon, CheckIcon, CloseIcon, SendIcon, StopIcon } from "../components/Icons.tsx";
import { Lazy, prepare } from "../components/Lazy.tsx";
import { Queue, type QueueActions, type QueueItem } from "../components/Queue.tsx";
import type { Attaching } from "../lib/client/attaching.ts";
import { modelOf, nameOf } from "../lib/client/catalog.ts";
import type { DraftFile } from "../lib/client/drafts.ts";
import { count } from "../lib/client/figures.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { Id } from "../lib/core/ids.ts";
import { MESSAGE_CHARS_MAX, type ModelList } from "../lib/protocol/api.ts";
import { inALine, parted } from "../lib/protocol/attached.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import { textOf } from "../lib/protocol/message.ts";
import { isComposing } from "../lib/client/composition.ts";

/** The counter appears when this much of the limit is used. */
const NEAR_LIMIT = 0.9;

/** A longer paste becomes a file: as words it would push the question out of sight. */
const PASTE_CHARS_MAX = 5_000;
const PASTED = "pasted-text.txt";

const LOAD = () => import("../components/attachments/Attachments.tsx");

const GAUGE = () => import("../components/LiveGauge.tsx").then(({ LiveGauge }) => LiveGauge);

interface Props {
  person?: Id;
  models?: ModelList;
  conversation: Conversation | null;
}

export default function Composer(props: Props) {
  const store = useStore(props);
  const box = useRef<HTMLTextAreaElement>(null);
  const draft = useSignal("");
  const files = useSignal<readonly DraftFile[]>([]);
  const picker = useRef<HTMLInputElement>(null);
  /** Loaded with the first file. */
  const attaching = useSignal<Attaching | null>(null);
  /** The next paste stays as it is. */
  const plain = useRef(false);
  const { models } = store.models.value;
  const once = store.choice.once.value;
  const chars = (attaching.value?.whole(draft.value) ?? draft.value).length;
  const parts = () => ({
    messages: store.open.shown.value.map(({ message }) => message),
    earlierChars: store.open.earlierChars.value,
    instructions: `${store.preferences.value.value.instructions}${store.setup.saved.value.systemPrompt}`,
    draft: files.value.length > 0 ? attaching.value?.whole(draft.value) ?? "" : draft.value,
    rewrittenAt: store.open.conversation.value?.rewrittenAt,
    model: modelOf(store.models.value.models, store.choice.next.value),
  });
  const busy = store.busy.value;
  const stopping = store.stopping.value;
  const over = chars - MESSAGE_CHARS_MAX;
  const left = files.value.filter(({ state }) => state === "failed" || state === "refused").length;
  const those = `${left} file${left === 1 ? "" : "s"}`;
  const without = left === 0 ? "" : ` without ${those}`;
  const blocked = over > 0
    ? `${count(chars)} of ${count(MESSAGE_CHARS_MAX)} characters: ${count(over)} too many`
    : files.value.some(({ state }) => state === "reading" || attaching.value === null)
    ? "A file is still being read"
    : left > 0 && chars === 0
    ? `${those} cannot be sent, and there is nothing else yet`
    : null;
  const { sendKey } = store.device.settings.value;
  const open = store.open.id.value;
  const editing = store.waiting.editing.value;

  const changed = () => {
    const area = box.current;
    if (area === null) return;
    draft.value = area.value;
    fit(area);
  };
  const show = (text: string, beside: readonly DraftFile[] = []) => {
    if (box.current === null) return;
    if (box.current.value !== text) box.current.value = text; // or the cursor would jump to its end
    files.value = beside;
    changed();
  };
  /** Files that are being read are in no draft yet. */
  const reading = () => files.peek().filter(({ state }) => state === "reading");
  /** Shows the draft, unless it is what is here: another tab may have written it. */
  const again = () => {
    const { text, files: kept = [] } = store.drafts.read(store.open.id.peek());
    const all = [...kept, ...reading()];
    const same = text === box.current?.value && JSON.stringify(all) === JSON.stringify(files.peek());
    if (!same && store.waiting.editing.peek() === null) show(text, all);
  };
  const whole = () => {
    const text = box.current?.value ?? "";
    return attaching.peek()?.whole(text) ?? text;
  };
  /** Words of an edit are no draft: they belong to a message that is there already. */
  const keep = () => {
    if (store.waiting.editing.peek() !== null) return store.waiting.typed(whole());
    const kept = files.peek().filter(({ state }) => state !== "reading");
    store.drafts.change(store.open.id.peek(), {
      text: box.current?.value ?? "",
      files: kept.length === 0 ? undefined : kept,
    });
  };
  const typed = () => {
    changed();
    keep();
  };
  const say = (status: string) => store.notices.announce({ status });
  const send = () => {
    if (blocked !== null) return say(blocked);
    const text = whole();
    if (store.waiting.editing.peek() !== null) return void store.waiting.save(text);
    if (!store.send(text)) return;
    show("");
    focus();
  };
  /** Where it raises no keyboard over what there is to see. */
  const focus = () => {
    if (!matchMedia("(pointer: coarse)").matches) box.current?.focus({ preventScroll: true });
  };
  const insert = (text: string) => {
    box.current?.setRangeText(text, box.current.selectionStart, box.current.selectionEnd, "end");
    typed();
  };
  const load = async () => {
    const { Attachments, Attaching } = await LOAD();
    if (attaching.peek() === null) {
      const open = () => store.open.id.peek();
      const { drafts, notices } = store;
      attaching.value = new Attaching({
        files,
        box,
        drafts,
        notices,
        open,
        show,
        keep,
        again,
        insert,
        focus,
      });
      attaching.value.listen();
    }
    return Attachments;
  };
  const withFiles = (act: (attaching: Attaching) => void, otherwise?: () => void) =>
    void load().then(() => act(attaching.peek()!), () => {
      store.unloaded();
      otherwise?.();
    });
  const paste = (event: ClipboardEvent) => {
    const from = event.clipboardData;
    const text = from?.getData("text/plain") ?? "";
    // A table comes with a picture of itself: the words are what is meant.
    const given = text === "" ? [...from?.files ?? []] : [];
    const long = text.length > PASTE_CHARS_MAX && !plain.current;
    if (long) given.push(new File([text], PASTED));
    if (given.length === 0) return;
    event.preventDefault();
    withFiles((attaching) => attaching.add(given), () => long && insert(text));
  };
  const pressed = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const mod = event.ctrlKey || event.metaKey;
    plain.current = mod && event.shiftKey && event.key.toLowerCase() === "v";
    if (event.key === "Escape" && (store.busy.peek() || store.waiting.editing.peek() !== null)) {
      event.preventDefault();
      if (store.waiting.editing.peek() !== null) store.waiting.leave();
      else void store.stop();
    }
    if (
      event.key === "ArrowUp" && box.current?.value === "" &&
      (store.waiting.editLast() || store.editLast())
    ) event.preventDefault();
    if (event.key !== "Enter" || event.altKey) return;
    if (!mod && (event.shiftKey || sendKey === "mod-enter")) return;
    event.preventDefault();
    if (!event.repeat) send();
  };

  // What was typed before this code ran is in the box already; a draft must not replace it.
  const first = useRef(true);
  useEffect(() => {
    const typedEarly = first.current && box.current !== null && box.current.value !== "";
    first.current = false;
    const { text, files: kept } = store.drafts.read(open);
    show(typedEarly ? box.current!.value : text, kept);
    if (typedEarly) keep();
    focus();
  }, [open]);
  useEffect(() => {
    // Or the browser would leave the page for a file that is dropped on it.
    const dragged = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (event.type === "dragover") return prepare(load);
      const dropped = [...event.dataTransfer.files];
      if (attaching.peek() === null) withFiles((attaching) => attaching.add(dropped));
    };
    addEventListener("dragover", dragged);
    addEventListener("drop", dragged);
    addEventListener("storage", again);
    document.addEventListener("visibilitychange", again);
  }, []);
  useEffect(() => {
    if (box.current !== null) box.current.enterKeyHint = sendKey === "enter" ? "send" : "enter";
  }, [sendKey]);
  useSignalEffect(() => {
    const text = store.fill.value;
    if (text === null) return;
    store.fill.value = null;
    const editing = store.waiting.editing.peek() !== null;
    show(text, editing ? [] : [...store.drafts.read(store.open.id.peek()).files ?? [], ...reading()]);
    keep();
    focus();
    if (parted(text).files.length > 0) withFiles((attaching) => attaching.part());
  });
  /** The button that was pressed goes with its message: the focus stays near by, where it raises no keyboard. */
  const leaving = (act: () => Promise<void> | void) => {
    void act();
    focus();
  };
  const actions = useMemo((): QueueActions => ({
    edit: (id) => {
      store.waiting.edit(id);
      box.current?.focus();
    },
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
      {files.value.length > 0 && (
        <Lazy
          load={load}
          failed={() => store.unloaded()}
          with={{
            files: files.value,
            attaching,
          }}
        />
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
          onPaste={paste}
        />
        <button
          type="button"
          class="icon"
          data-action="attach"
          title="Attach files"
          onPointerEnter={() => prepare(load)}
          onClick={() => picker.current?.click()}
        >
          <AttachIcon />
          <span class="sr-only">Attach files</span>
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            const picked = [...currentTarget.files ?? []];
            withFiles((attaching) => attaching.add(picked));
            currentTarget.value = ""; // or the same file could not be picked again
          }}
        />
        {busy && editing === null
          ? (
            <button
              type="button"
              class="round"
              data-action="stop"
              disabled={stopping}
              title="Stop"
              onClick={onceFor(() => void store.stop())}
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
              disabled={blocked !== null}
              title={blocked ?? (editing === null ? `Send${without}` : "Save")}
              aria-describedby="composer-hint"
              onClick={onceFor(send)}
            >
              {editing === null ? <SendIcon /> : <CheckIcon />}
              <span class="sr-only">{editing === null ? `Send${without}` : "Save the queued message"}</span>
            </button>
          )}
      </div>
      <div class="under">
        <p id="composer-hint" class="hint" data-over={over > 0}>
          {blocked !== null
            ? blocked
            : left > 0
            ? `Sends${without}`
            : chars > MESSAGE_CHARS_MAX * NEAR_LIMIT
            ? `${count(chars)} of ${count(MESSAGE_CHARS_MAX)} characters`
            : editing !== null
            ? "Enter saves the queued message, Esc leaves it as it is"
            : stopping
            ? "Stopping…"
            : busy
            ? "Enter queues the next message, Esc stops"
            : sendKey === "mod-enter"
            ? "Ctrl or ⌘ and Enter send, Enter begins a line"
            : "Enter sends, Shift+Enter begins a line"}
        </p>
        <Lazy
          load={GAUGE}
          failed={() => {}} // it is asked for by nobody: without it everything works
          with={{
            parts,
            model: modelOf(models, store.choice.next.value),
            spent: store.open.conversation.value?.spent,
            ask: () => store.answers.context(store.choice.next.peek()),
          }}
        />
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
      return { id: messageId, text: message === undefined ? "…" : inALine(textOf(message)), onItsWay: false };
    }),
    ...sending.map(({ id, text }) => ({ id, text: inALine(text), onItsWay: true })),
  ];
}

/** As high as its text, within what the style sheet allows. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

/** Send and Stop take turns in one place: the second click of a double click was not meant for what is there by then. */
function onceFor(act: () => void): (event: MouseEvent) => void {
  return ({ detail }) => {
    if (detail !== 2) act();
  };
}
