// Where the conversation is too long for its model: what is above goes along as a summary, which can be read and changed.
import { Component, createRef } from "preact";
import type { ClientError } from "../lib/client/api.ts";
import { type Summary, SUMMARY_CHARS_MAX } from "../lib/protocol/summary.ts";
import { ErrorNote } from "./ErrorNote.tsx";

interface Props {
  summary: Summary;
  /** The newest answer was asked with it. */
  sent: boolean;
  /** Null when it was saved, else why not. */
  save(text: string): Promise<ClientError | null>;
}

interface State {
  editing: boolean;
  saving: boolean;
  failure: ClientError | null;
}

export class SummaryDivider extends Component<Props, State> {
  override state: State = { editing: false, saving: false, failure: null };
  readonly #box = createRef<HTMLTextAreaElement>();
  readonly #edit = createRef<HTMLButtonElement>();

  override shouldComponentUpdate(next: Props, state: State): boolean {
    return next.summary !== this.props.summary || next.sent !== this.props.sent || state !== this.state;
  }

  readonly #save = async (event: Event) => {
    event.preventDefault();
    const text = this.#box.current?.value.trim() ?? "";
    if (text === "") return;
    this.setState({ saving: true, failure: null });
    const failure = await this.props.save(text);
    // What failed to be saved is still in its box.
    this.setState({ saving: false, failure });
    if (failure === null) this.#leave();
  };

  readonly #begin = () => this.setState({ editing: true }, () => this.#box.current?.focus());
  readonly #leave = () => this.setState({ editing: false, failure: null }, () => this.#edit.current?.focus());

  override render({ summary, sent }: Props, { editing, saving, failure }: State) {
    return (
      <aside class="divider" aria-label="Summary of the messages above" data-summary={summary.throughId}>
        <details>
          <summary>
            {sent
              ? "The messages above are sent as a summary"
              : "A summary of the messages above is ready, for when they no longer fit"}
            {summary.by === "person" && <span class="edited">edited</span>}
          </summary>
          {editing
            ? (
              <form onSubmit={this.#save}>
                <label class="sr-only" for={`s-${summary.throughId}`}>Summary</label>
                <textarea
                  id={`s-${summary.throughId}`}
                  ref={this.#box}
                  rows={8}
                  maxLength={SUMMARY_CHARS_MAX}
                  defaultValue={summary.text}
                />
                {failure !== null && <ErrorNote failure={failure} />}
                <div class="row">
                  <button type="submit" class="primary" data-action="save-summary" disabled={saving}>
                    {saving ? "Saving…" : "Save"}
                  </button>
                  <button type="button" disabled={saving} onClick={this.#leave}>Cancel</button>
                </div>
              </form>
            )
            : (
              <>
                <p class="plain">{summary.text}</p>
                <button
                  type="button"
                  class="small"
                  ref={this.#edit}
                  data-action="edit-summary"
                  onClick={this.#begin}
                >
                  Edit
                </button>
              </>
            )}
        </details>
      </aside>
    );
  }
}
