// An answer of which nothing is shown yet. After a while it says how long: slow and stuck must not look the same.
import { Component, type ComponentChildren } from "preact";
import { nameOf } from "../lib/client/catalog.ts";
import { type Message, textOf } from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";

interface Props {
  stopping: boolean;
  /** Absent before there is a message. */
  message?: Message;
  models?: readonly Model[];
  /** Where it was asked for, when that was elsewhere. */
  children?: ComponentChildren;
}

/** When waiting becomes noticeable enough to be spoken of. */
const PATIENCE_S = 8;
/** When it is no longer what one expects of a model. */
const SLOW_S = 25;

export class Thinking extends Component<Props, { waitedS: number; words: number }> {
  override state = { waitedS: 0, words: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Only its own clock and the wish to stop have it drawn: what grows unseen does so many times a second. */
  override shouldComponentUpdate(next: Props, { waitedS }: { waitedS: number }): boolean {
    return waitedS !== this.state.waitedS || next.stopping !== this.props.stopping ||
      !next.children !== !this.props.children;
  }

  /** Counted from when it was seen here: another machine's clock may be wrong by minutes. */
  override componentDidMount(): void {
    const startedAt = Date.now();
    this.#timer = setInterval(() => {
      const { message } = this.props;
      const text = message === undefined ? "" : textOf(message).trim();
      this.setState({
        waitedS: Math.floor((Date.now() - startedAt) / 1000),
        words: text === "" ? 0 : text.split(/\s+/).length,
      });
    }, 1000);
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
  }

  override render({ stopping, message, models = [], children }: Props) {
    const { waitedS, words } = this.state;
    const slow = words === 0 && waitedS >= SLOW_S && !stopping;
    return (
      <p class="thinking" data-state={words > 0 ? "writing" : "thinking"}>
        <span class="pulse" aria-hidden="true" />
        <span>
          {stopping ? "Stopping…" : said(waitedS, words)}
          {slow && (
            <small>
              {message?.model === undefined ? "The server" : nameOf(models, message.model)}{" "}
              is slower than usual. The answer will come, or say why not; you can stop it.
            </small>
          )}
        </span>
        {children}
      </p>
    );
  }
}

function said(waitedS: number, words: number): string {
  if (words > 0) return `Writing… ${words} ${words === 1 ? "word" : "words"}`;
  return waitedS < PATIENCE_S ? "Thinking…" : `Still waiting… ${waitedS} s`;
}
