// What happened in a run, in order. Written by the simulation, read by the checker and by people.
import type { Check, Write } from "@/lib/kv/store.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { Change } from "./person.ts";

/** An entry of a log as a follower was handed it. */
export interface Handed {
  seq: number;
  type: string;
  json: string;
}

/** What a model says at once. */
export interface Token {
  type: "text" | "reasoning";
  text: string;
}

export type Happening =
  /** A commit that the store took. */
  | { what: "committed"; by: string; checks: readonly Check[]; writes: readonly Write[] }
  | { what: "fault"; by: string; fault: string }
  | { what: "process"; by: string; did: "started" | "killed" | "frozen" | "resumed" | "drains" | "drained" }
  | { what: "logged"; by: string; line: string }
  /** A client asked for a message to be sent, and what it was told. */
  | { what: "asked"; by: string; conversationId: Id; messageId: Id; text: string }
  | { what: "answered"; by: string; messageId: Id; accepted: string }
  | { what: "refused"; by: string; messageId: Id; code: string }
  /** A message that waited was changed, and its sender was told so. */
  | { what: "changed"; by: string; messageId: Id; how: Change }
  | { what: "stop"; by: string; generationId: Id }
  /** A client asked for an answer to go on, under an id of its wish; `accepted`: what it was told. */
  | { what: "wished"; by: string; messageId: Id; id: Id; accepted: string | null }
  /** The model was asked for an answer, from its token `from` on. `all` is the whole of it. */
  | {
    what: "called";
    by: string;
    call: number;
    answer: number;
    prompt: string;
    from: number;
    all: readonly Token[];
  }
  | { what: "said"; by: string; call: number; token: number }
  /** `counted`: the model said all it wanted, and so many tokens were billed. */
  | { what: "closed"; by: string; call: number; counted: number | null }
  | { what: "connected"; follower: string; to: string; conversationId: Id; cursor: number | null }
  | { what: "cut"; follower: string }
  | { what: "entry"; follower: string; entry: Handed }
  | { what: "snapshot"; follower: string; cursor: number; json: string }
  /** No more faults from here on. */
  | { what: "calm" }
  | { what: "over"; settled: boolean };

export type Moment = Happening & { atMs: number };

export class History {
  readonly moments: Moment[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(happening: Happening): void {
    this.moments.push({ ...happening, atMs: this.#now() });
  }
}

/** Most characters of one moment that are shown. */
const SHOWN_CHARS = 400;

/** One line a moment, with the seconds since the first. */
export function shown(moments: readonly Moment[]): string {
  const from = moments[0]?.atMs ?? 0;
  return moments.map(({ atMs, what, ...rest }) =>
    `${((atMs - from) / 1000).toFixed(3).padStart(8)} ${what.padEnd(9)} ${
      JSON.stringify(rest).slice(0, SHOWN_CHARS)
    }`
  ).join("\n");
}
