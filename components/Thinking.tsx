// An answer of which nothing is here yet. After a while it says how long: slow and stuck must not look the same.
import { Component } from "preact";

/** When waiting becomes noticeable enough to be spoken of. */
const PATIENCE_S = 8;

export class Thinking extends Component<{ stopping: boolean }, { waitedS: number }> {
  override state = { waitedS: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Counted from when it was seen here: another machine's clock may be wrong by minutes. */
  override componentDidMount(): void {
    const startedAt = Date.now();
    this.#timer = setInterval(
      () => this.setState({ waitedS: Math.floor((Date.now() - startedAt) / 1000) }),
      1000,
    );
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
  }

  override render() {
    const { waitedS } = this.state;
    const waiting = waitedS < PATIENCE_S ? "Thinking…" : `Still waiting… ${waitedS} s`;
    return (
      <p class="thinking" data-state="thinking">
        <span class="pulse" aria-hidden="true" />
        {this.props.stopping ? "Stopping…" : waiting}
      </p>
    );
  }
}
