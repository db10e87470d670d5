// What is measured: something between a provider and readers.
import type { Answer } from "../generator/answer.ts";
import type { Stream } from "../generator/follower.ts";
import type { Provider } from "../generator/provider.ts";

/** One generation at a target. */
export interface Generation {
  answer: Answer;
  /** One stream for each of its followers. */
  streams: Stream[];
  /** Has the answer begun. Null: the follower's own request does that, because there is nobody else who keeps it. */
  start: (() => Promise<void>) | null;
  /** Its followers may come only when it has begun, and resume it at its start. */
  followedLater: boolean;
}

/** A running target, with servers of its own. */
export interface Running extends AsyncDisposable {
  /** Its servers; empty for no server at all. */
  pids: number[];
  /** Prepares generations that will give these answers, each with that many followers. */
  generations(answers: readonly Answer[], followers: number): Promise<Generation[]>;
}

export interface Target {
  name: string;
  start(provider: Provider): Promise<Running>;
}
