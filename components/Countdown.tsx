// An answer that waits for its provider: why, and how much longer. It counts for the eye; a screen reader is told once.
import { Component } from "preact";
import type { Waiting } from "../lib/protocol/message.ts";

interface Props {
  waiting: Waiting;
  stopping: boolean;
}

/** No provider is waited for any longer. A clock that says so is wrong, and then no number is shown. */
const WAIT_S_MAX = 180;
/** A try that says nothing for so long is spoken of: slow and stuck must not look the same. */
const PATIENCE_S = 8;

export class Countdown extends Component<Props, { nowMs: number }> {
  override state = { nowMs: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The server's clock is not looked at while rendering: what it sent and what the browser makes of it must be the same. */
  override componentDidMount(): void {
    const look = () => this.setState({ nowMs: Date.now() });
    look();
    this.#timer = setInterval(look, 1_000);
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
  }

  override render({ waiting, stopping }: Props) {
    const { nowMs } = this.state;
    const leftS = Math.ceil((waiting.until - nowMs) / 1_000);
    return (
      <p class="thinking" data-state="waiting">
        <span class="pulse" aria-hidden="true" />
        {stopping ? "Stopping…" : said(waiting, nowMs === 0 ? null : leftS)}
      </p>
    );
  }
}

/** `leftS` is null where no clock was looked at. */
function said({ detail, tried, triesMax }: Waiting, leftS: number | null): string {
  const of = `(${tried + 1} of ${triesMax})`;
  if (leftS !== null && leftS <= -PATIENCE_S) return `Trying again for ${-leftS} s… ${of}`;
  const when = leftS === null || leftS > WAIT_S_MAX ? "soon" : leftS > 0 ? `in ${leftS} s` : "now";
  return `${detail} Trying again ${when} ${of}`;
}
