// The workers of one process, as each of them sees the others. Each is a program of its own, with its own leases and
// streams; what they must do as one process stands here.
//   C1  When one is told to stop, all are: also one that joins later.
//   C2  Each can wait until all have drained, for the first that ends the process ends it for all.
//   C3  What the process counts is the sum of what its workers count. One that is too busy to say counts as it last did.
import type { Clock } from "../core/time.ts";

/** A worker that renders a page answers after it; one that is silent for longer would make the monitor wait. */
const ASK_MS_MAX = 500;

/** What workers tell all others. */
export type Message =
  | { type: "hello"; from: string }
  | { type: "here"; from: string; drained: boolean }
  | { type: "drain"; why: string }
  | { type: "drained"; from: string }
  | { type: "ask" }
  | { type: "counts"; from: string; text: string };

/** Reaches every other worker of the process, and not the sender; a `BroadcastChannel` does. */
export interface Channel {
  postMessage(message: Message): void;
  onmessage: ((event: MessageEvent<Message>) => void) | null;
}

export interface WorkersDeps {
  channel: Channel;
  clock: Clock;
  /** The name of this worker; no two have the same. */
  name: string;
  /** Prometheus text of this worker alone. */
  counts: () => string;
  /** Called when another worker was told to stop, perhaps more than once. */
  onDrain: (why: string) => void;
}

/** A question about counts that is under way. */
interface Asking {
  silent: Set<string>;
  answered: () => void;
  all: Promise<void>;
}

interface Other {
  drained: boolean;
  /** What it counted when it last said so. */
  counts: string;
}

export class Workers {
  readonly #deps: WorkersDeps;
  readonly #others = new Map<string, Other>();
  #draining: string | null = null;
  #drained = false;
  /** Whoever asks meanwhile shares it. */
  #asking: Asking | null = null;
  #onDrained = () => {};

  /** Joins the others. */
  constructor(deps: WorkersDeps) {
    this.#deps = deps;
    deps.channel.onmessage = ({ data }) => this.#hear(data);
    deps.channel.postMessage({ type: "hello", from: deps.name });
  }

  /** Tells the others that the process is about to end (C1). */
  drain(why: string): void {
    if (this.#draining !== null) return;
    this.#draining = why;
    this.#deps.channel.postMessage({ type: "drain", why });
  }

  /** Says that this worker has drained, and resolves when all have (C2). The caller bounds the wait. */
  async allDrained(): Promise<void> {
    this.#drained = true;
    this.#deps.channel.postMessage({ type: "drained", from: this.#deps.name });
    await new Promise<void>((resolve) => {
      this.#onDrained = () => {
        if ([...this.#others.values()].every(({ drained }) => drained)) resolve();
      };
      this.#onDrained();
    });
  }

  /** Prometheus text of the whole process (C3). */
  async counts(): Promise<string> {
    const asking = this.#asking ??= this.#ask();
    await asking.all;
    return sum([this.#deps.counts(), ...[...this.#others.values()].map(({ counts }) => counts)]);
  }

  #ask(): Asking {
    const { channel, clock } = this.#deps;
    const given = new AbortController();
    const asking = {
      silent: new Set(this.#others.keys()),
      answered: () => given.abort(),
      all: clock.sleep(ASK_MS_MAX, given.signal).finally(() => (this.#asking = null)),
    };
    channel.postMessage({ type: "ask" });
    if (asking.silent.size === 0) asking.answered();
    return asking;
  }

  #hear(message: Message): void {
    const { channel, name, counts, onDrain } = this.#deps;
    switch (message.type) {
      case "hello":
        this.#other(message.from);
        channel.postMessage({ type: "here", from: name, drained: this.#drained });
        if (this.#draining !== null) channel.postMessage({ type: "drain", why: this.#draining });
        break;
      case "here":
        if (message.drained) this.#hasDrained(message.from);
        else this.#other(message.from);
        break;
      case "drain":
        onDrain(message.why);
        break;
      case "drained":
        this.#hasDrained(message.from);
        break;
      case "ask":
        channel.postMessage({ type: "counts", from: name, text: counts() });
        break;
      case "counts": {
        this.#other(message.from).counts = message.text;
        const { silent, answered } = this.#asking ?? {};
        if (silent?.delete(message.from) === true && silent.size === 0) answered?.();
        break;
      }
    }
  }

  #hasDrained(name: string): void {
    this.#other(name).drained = true;
    this.#onDrained();
  }

  #other(name: string): Other {
    let other = this.#others.get(name);
    if (other === undefined) this.#others.set(name, other = { drained: false, counts: "" });
    return other;
  }
}

/** Prometheus texts as one: the values of each sample added, the comments of the first. */
export function sum([first = "", ...others]: readonly string[]): string {
  const totals = new Map<string, number>();
  const lines = first.split("\n").map((line) => {
    const { sample } = parse(line);
    if (sample !== null) totals.set(sample, 0);
    return { line, sample };
  });
  for (const text of [first, ...others]) {
    for (const { sample, value } of text.split("\n").map(parse)) {
      const total = sample === null ? undefined : totals.get(sample);
      if (sample !== null && total !== undefined) totals.set(sample, total + value);
    }
  }
  const summed = lines.map(({ line, sample }) => sample === null ? line : `${sample} ${totals.get(sample)}`);
  return summed.join("\n");
}

/** A line's sample, name with labels, and its value; null for a comment and for nothing. */
function parse(line: string): { sample: string | null; value: number } {
  const at = line.lastIndexOf(" ");
  if (at < 0 || line.startsWith("#")) return { sample: null, value: 0 };
  return { sample: line.slice(0, at), value: Number(line.slice(at + 1)) };
}
