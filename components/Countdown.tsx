// An answer that waits for its provider: why, and how much longer. It counts for the eye; a screen reader is told once.
import { Component } from "preact";
import type { Waiting } from "../lib/protocol/message.ts";

interface Props {
  waiting: Waiting;
  stopping: boolean;
}

/** No provider is waited for any longer. A clock that says so is wrong, and then no number is shown. */
const WAIT_S_MAX = 180;

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
    const { until, detail, tried, triesMax } = waiting;
    const { nowMs } = this.state;
    const leftS = Math.ceil((until - nowMs) / 1_000);
    const when = nowMs === 0 || leftS > WAIT_S_MAX ? "soon" : leftS > 0 ? `in ${leftS} s` : "now";
    return (
      <p class="thinking" data-state="waiting">
        <span class="pulse" aria-hidden="true" />
        {stopping ? "Stopping…" : `${detail} Trying again ${when} (${tried + 1} of ${triesMax})`}
      </p>
    );
  }
}
