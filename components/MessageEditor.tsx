// Other words for a message, typed in its place. A person's message is sent anew beside the old one; an answer's words are
// replaced.
//   F1  The focus is in it when a person begins it, and goes back to the message's Edit button, or its menu, at the end.
//   F2  Files of a message are not words: they go along with whatever the words become, and with what is kept of them.
import { Component, createRef } from "preact";
import type { ClientError } from "../lib/client/api.ts";
import type { Editing } from "../lib/client/editing.ts";
import { keepWords, wordsFor } from "../lib/client/edits.ts";
import { ANSWER_CHARS_MAX, MESSAGE_CHARS_MAX } from "../lib/protocol/api.ts";
import { type AttachedText, parted } from "../lib/protocol/attached.ts";
import { joined } from "../lib/protocol/fenced.ts";
import type { Message } from "../lib/protocol/message.ts";
import { ErrorNote } from "./ErrorNote.tsx";
import type { MessageActions } from "./Message.tsx";
import { isComposing } from "../lib/client/composition.ts";

interface Props {
  message: Message;
  /** Its words as they are, with its files. */
  text: string;
  editing: Editing;
  actions: MessageActions;
}

interface State {
  chars: number;
  saving: boolean;
  failure: ClientError | null;
}

const COUNT = new Intl.NumberFormat("en");

export class MessageEditor extends Component<Props, State> {
  readonly #box = createRef<HTMLTextAreaElement>();
  /** The words that it begins with, and the files that go along (F2). */
  readonly #first = this.#kept();
  override state: State = { chars: 0, saving: false, failure: null };

  override componentDidMount(): void {
    const box = this.#box.current;
    const { editing } = this.props;
    if (box === null) return;
    box.value = this.#first.text;
    this.#fit();
    if (!editing.begun) return;
    editing.begun = false;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  #kept(): { text: string; files: readonly AttachedText[] } {
    const { message, text, editing } = this.props;
    const whole = wordsFor(editing, message.id) ?? text;
    return message.role === "user" ? parted(whole) : { text: whole, files: [] };
  }

  /** The words that are in the box, and the files. */
  get #whole(): string {
    return joined(this.#box.current?.value ?? "", this.#first.files);
  }

  get #charsMax(): number {
    return this.props.message.role === "assistant" ? ANSWER_CHARS_MAX : MESSAGE_CHARS_MAX;
  }

  #fit(): void {
    const box = this.#box.current;
    if (box === null) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
    this.setState({ chars: this.#whole.length });
  }

  readonly #typed = () => {
    const { message, text, editing } = this.props;
    const whole = this.#whole;
    this.#fit();
    keepWords(editing, message.id, whole === text ? undefined : whole);
  };

  readonly #pressed = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    // Keys of the list around it are letters here.
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      return this.#leave();
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    const chord = event.ctrlKey || event.metaKey;
    if (!chord && !this.#enterSends) return;
    event.preventDefault();
    if (!event.repeat) void this.#save();
  };

  /** An answer has many lines: Enter begins another. */
  get #enterSends(): boolean {
    const { message, actions } = this.props;
    return message.role === "user" && actions.device.settings.peek().sendKey === "enter";
  }

  readonly #save = async () => {
    const { message, actions } = this.props;
    const text = this.#whole;
    if (this.state.saving || text.trim() === "" || text.length > this.#charsMax) return;
    if (message.role === "user") {
      const sent = actions.sendInstead(message, text);
      if (sent !== null) this.#end(sent);
      return;
    }
    if (text === this.props.text) return this.#leave();
    this.setState({ saving: true, failure: null });
    await actions.answers.revise(async (revisions) => {
      const failure = await revisions.reword(message.id, text);
      if (failure === null) return this.#end(message.id);
      // What failed to be saved is still in its box.
      this.setState({ failure });
    });
    this.setState({ saving: false });
  };

  readonly #leave = () => this.#end(this.props.message.id);

  /** Closes, and gives the focus to the message that has the words now. */
  #end(messageId: string): void {
    const { message, editing } = this.props;
    keepWords(editing, message.id, undefined);
    editing.message.value = null;
    focusMessage([messageId, message.id]);
  }

  override render({ message, actions }: Props, { chars, saving, failure }: State) {
    const { files } = this.#first;
    const mine = message.role === "user";
    const chord = this.#enterSends ? "Enter" : "Ctrl Enter";
    const over = chars > this.#charsMax;
    return (
      <form
        class="editor"
        aria-label={mine ? "Edit your message" : "Edit the answer"}
        onSubmit={(event) => {
          event.preventDefault();
          void this.#save();
        }}
      >
        <label class="sr-only" for={`e-${message.id}`}>{mine ? "Your message" : "The answer"}</label>
        <textarea
          id={`e-${message.id}`}
          ref={this.#box}
          rows={1}
          aria-describedby={`h-${message.id}`}
          enterkeyhint={this.#enterSends ? "send" : "enter"}
          autocomplete="off"
          onInput={this.#typed}
          onKeyDown={this.#pressed}
        />
        {files.length > 0 && (
          <p class="note" data-along dir="auto">
            {files.length === 1 ? "1 file goes along: " : `${files.length} files go along: `}
            {files.map(({ name }) => name).join(", ")}
          </p>
        )}
        {failure !== null && <ErrorNote failure={failure} />}
        <div class="row">
          <button type="submit" class="primary" data-action="save-edit" disabled={saving || over}>
            {saving ? "Saving…" : mine ? "Send" : "Save"}
          </button>
          <button type="button" data-action="cancel-edit" onClick={this.#leave}>Cancel</button>
          <p id={`h-${message.id}`} class="note" data-over={over}>
            {over
              ? `${COUNT.format(chars)} of ${COUNT.format(this.#charsMax)} characters`
              : mine && actions.busy.value
              ? `${chord} queues it behind the answer that is being written`
              : `${chord} ${mine ? "sends" : "saves"}, Esc leaves it as it was`}
          </p>
        </div>
      </form>
    );
  }
}

/** How long a message is waited for that has just been sent: longer than its sending is tried. */
const WAIT_MS = 60_000;

/** Gives the focus to the first of these messages that is there with its buttons, unless it is elsewhere by then. */
function focusMessage(ids: readonly string[]): void {
  const find = () => {
    for (const id of ids) {
      const article = document.querySelector<HTMLElement>(`article[data-message-id="${id}"]`);
      if (article === null) continue;
      const button = article.querySelector<HTMLElement>('[data-action="edit"], [data-action="message-menu"]');
      return { article, button };
    }
    return null;
  };
  const step = () => {
    const { activeElement } = document;
    const free = activeElement === document.body || activeElement === null ||
      activeElement.closest(".editor") !== null || activeElement.matches("article");
    if (!free) return true;
    const found = find();
    (found?.button ?? found?.article)?.focus({ preventScroll: true });
    return found?.button != null;
  };
  const until = Date.now() + WAIT_MS;
  const observer = new MutationObserver(() => (step() || Date.now() > until) && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
}
