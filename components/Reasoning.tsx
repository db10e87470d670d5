// What a model thought before it spoke: open while it thinks, closed when the answer begins.
import { Component, createRef } from "preact";
import { ChevronIcon } from "./Icons.tsx";
import { Markdown } from "./markdown/Markdown.tsx";

interface Props {
  text: string;
  /** It is being thought now. */
  growing: boolean;
}

/** More than this was there when it was first seen: its beginning was somewhere else, and nobody here knows when. */
const FRESH_CHARS = 400;
/** A reader who is further up than this reads: nothing may move under their eyes. */
const NEAR_PX = 60;

export class Reasoning extends Component<Props, { open: boolean; tookMs: number | null }> {
  override state = { open: this.props.growing, tookMs: null };
  readonly #details = createRef<HTMLDetailsElement>();
  #beganAtMs: number | null = null;
  /** The person opened or closed it: from then on it is theirs. */
  #theirs = false;

  override componentDidMount(): void {
    const { growing, text } = this.props;
    if (growing && text.length <= FRESH_CHARS) this.#beganAtMs = performance.now();
  }

  override componentDidUpdate(before: Props): void {
    if (!before.growing || this.props.growing) return;
    const tookMs = this.#beganAtMs === null ? null : performance.now() - this.#beganAtMs;
    this.setState({ tookMs, open: this.state.open && (this.#theirs || this.#isRead()) });
  }

  /** Whether somebody has scrolled up to it, or above it. A list that follows its end may not be there yet. */
  #isRead(): boolean {
    const list = this.#details.current?.closest(".log[data-free]");
    return list != null && list.scrollHeight - list.clientHeight - list.scrollTop > NEAR_PX;
  }

  readonly #pressed = (event: MouseEvent) => {
    event.preventDefault(); // the state opens it, or it would be asked twice
    this.#theirs = true;
    this.setState({ open: !this.state.open });
  };

  override render({ text, growing }: Props) {
    const { open, tookMs } = this.state;
    return (
      <details ref={this.#details} class="reasoning" open={open} data-growing={growing}>
        <summary onClick={this.#pressed}>
          <span>{growing ? "Thinking…" : thoughts(tookMs)}</span>
          <ChevronIcon />
        </summary>
        <Markdown text={text} streaming={growing} />
      </details>
    );
  }
}

function thoughts(tookMs: number | null): string {
  if (tookMs === null) return "Thoughts";
  const s = Math.max(1, Math.round(tookMs / 1000));
  return s < 60 ? `Thought for ${s} s` : `Thought for ${Math.floor(s / 60)} min ${s % 60} s`;
}
