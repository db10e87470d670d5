// Under an answer that is being written: how much there is, and how fast it comes. All of it estimated.
//   U2  It changes twice a second at most, and never has the text drawn again.
import { Component } from "preact";
import { liveFacts, written } from "../lib/client/answer_facts.ts";
import { GrowingCount } from "../lib/client/tokens.ts";
import type { Message } from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";
import { Facts } from "./AnswerFacts.tsx";

interface Props {
  message: Message;
  models: readonly Model[];
}

const EVERY_MS = 500;
/** Until then nobody can tell a pace. */
const PACE_MS_MIN = 1_000;

export class LiveFacts extends Component<Props, { tokens: number; elapsedMs: number }> {
  override state = { tokens: 0, elapsedMs: 0 };
  readonly #count = new GrowingCount();
  /** When it was first seen here, and how much of it there was. Another machine's clock may be wrong by minutes. */
  #since = { atMs: 0, tokens: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Only its own clock has it drawn. */
  override shouldComponentUpdate(_: Props, next: { elapsedMs: number }): boolean {
    return next.elapsedMs !== this.state.elapsedMs;
  }

  override componentDidMount(): void {
    this.#since = { atMs: performance.now(), tokens: this.#count.of(written(this.props.message)) };
    this.#timer = setInterval(() => {
      const tokens = this.#count.of(written(this.props.message));
      this.setState({ tokens, elapsedMs: performance.now() - this.#since.atMs });
    }, EVERY_MS);
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
  }

  override render({ message, models }: Props) {
    const { tokens, elapsedMs } = this.state;
    if (elapsedMs === 0) return null;
    const perSecond = elapsedMs < PACE_MS_MIN ? null : (tokens - this.#since.tokens) / (elapsedMs / 1000);
    return (
      <span class="facts" data-live>
        <Facts facts={liveFacts(message, models, { tokens, perSecond, elapsedMs })} />
      </span>
    );
  }
}
