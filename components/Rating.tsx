// What a reader thinks of an answer: a thumb, and a reason for those who have one.
import { Component, createRef } from "preact";
import { REASON_CHARS_MAX } from "../lib/protocol/api.ts";
import type { Rating as Thumb } from "../lib/protocol/message.ts";
import { BadIcon, GoodIcon } from "./Icons.tsx";

interface Props {
  rating: Thumb | undefined;
  /** False when it could not be saved; the person was told. */
  rate(rating: Thumb | null, reason?: string): Promise<boolean>;
}

interface State {
  /** Shown until the server has said what is. */
  wanted: Thumb | null | undefined;
  /** A reason is asked for. */
  asking: boolean;
}

export class Rating extends Component<Props, State> {
  override state: State = { wanted: undefined, asking: false };
  readonly #pressed = createRef<HTMLButtonElement>();
  readonly #reason = createRef<HTMLTextAreaElement>();

  async #rate(thumb: Thumb): Promise<void> {
    const now = this.state.wanted === undefined ? this.props.rating ?? null : this.state.wanted;
    const wanted = now === thumb ? null : thumb;
    this.setState({ wanted, asking: wanted !== null });
    const rated = await this.props.rate(wanted);
    if (!rated) this.setState({ wanted: undefined, asking: false });
  }

  readonly #explain = async (event: Event) => {
    event.preventDefault();
    const rating = this.state.wanted ?? this.props.rating;
    const reason = this.#reason.current?.value.trim() ?? "";
    // What failed to be saved is still in its box.
    if (rating !== undefined && reason !== "" && !await this.props.rate(rating, reason)) return;
    this.#leave();
  };

  readonly #leave = () => {
    this.#pressed.current?.focus();
    this.setState({ asking: false });
  };

  /** The server's word is the last. */
  override componentDidUpdate(before: Props): void {
    if (before.rating !== this.props.rating && this.state.wanted !== undefined) {
      this.setState({ wanted: undefined });
    }
  }

  override render({ rating }: Props, { wanted, asking }: State) {
    const shown = wanted === undefined ? rating : wanted ?? undefined;
    const thumb = (which: Thumb, label: string) => (
      <button
        type="button"
        class="icon"
        ref={shown === which ? this.#pressed : undefined}
        data-action={`rate-${which}`}
        title={label}
        aria-pressed={shown === which}
        onClick={() => void this.#rate(which)}
      >
        {which === "up" ? <GoodIcon /> : <BadIcon />}
        <span class="sr-only">{label}</span>
      </button>
    );
    return (
      <>
        {thumb("up", "Good answer")}
        {thumb("down", "Bad answer")}
        {asking && shown !== undefined && (
          <form class="reason" onSubmit={this.#explain}>
            <label>
              {shown === "up" ? "What was good about it?" : "What was wrong with it?"} <small>Optional</small>
              <textarea
                ref={this.#reason}
                rows={2}
                maxLength={REASON_CHARS_MAX}
                onKeyDown={(event) => event.key === "Escape" && this.#leave()}
              />
            </label>
            <div class="row">
              <button type="submit" data-action="reason">Save</button>
              <button type="button" onClick={this.#leave}>No, thanks</button>
            </div>
          </form>
        )}
      </>
    );
  }
}
