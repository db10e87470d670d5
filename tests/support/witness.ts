// A follower that no fault turns away: cut, refused or disconnected, it comes back with its cursor to the next address.
// What it sees it checks by itself, without the code that a browser folds events with:
//   W1  After the snapshot each event is the next one: no gap, no repeat (P1).
//   W2  Each attempt has one text, which only grows, and only while the attempt is the newest.
//   W3  The terminal entry says what the deltas said, and nothing follows it (P6).
import type { StreamEvent } from "../../lib/protocol/event.ts";
import { isTerminal, type Message, textOf } from "../../lib/protocol/message.ts";
import type { Api } from "./api.ts";
import type { Asked } from "./cluster.ts";
import { TurnedAway } from "./follow.ts";
import type { Random } from "./random.ts";

/** When a connection is cut: after each whole event, or within so many bytes, wherever that falls. */
export type Cut = "never" | "each event" | { bytesMax: number };

/** An answer of some hundred events, cut at each, needs as many; a follower that needs more makes no way. */
const CONNECTIONS_MAX = 5_000;

export class Witness {
  /** What was seen of each attempt, by its number. */
  readonly texts = new Map<number, string>();
  /** When the first text of each attempt came: `performance.now()`. */
  readonly firstTextAt = new Map<number, number>();
  /** What must never happen, in words. */
  readonly amiss: string[] = [];
  /** The answer as its terminal entry says it. */
  readonly done: Promise<Message>;
  connections = 0;
  endedAt: number | null = null;
  cursor: number | null = null;
  attempt = 1;
  readonly #apis: readonly Api[];
  readonly #asked: Asked;
  readonly #cut: Cut;
  readonly #random: Random;
  #waiting = new Set<() => void>();
  #end: Message | null = null;

  /** Follows at the first of `apis`, and after each end of a connection at the next one. */
  constructor(apis: readonly Api[], asked: Asked, cut: Cut, random: Random) {
    this.#apis = apis;
    this.#asked = asked;
    this.#cut = cut;
    this.#random = random;
    this.done = this.#follow();
    this.done.catch(() => this.#wake()); // whoever awaits `done` or `until` is told
  }

  /** The text of the newest attempt. */
  get text(): string {
    return this.texts.get(this.attempt) ?? "";
  }

  /** Resolves as soon as the text of the newest attempt has so many characters, or the answer has ended. */
  async grown(chars: number): Promise<void> {
    const there = Promise.withResolvers<void>();
    const look = () => {
      if (this.text.length >= chars || this.#end !== null) there.resolve();
    };
    this.#waiting.add(look);
    look();
    await Promise.race([there.promise, this.done]);
    this.#waiting.delete(look);
  }

  async #follow(): Promise<Message> {
    const { conversationId } = this.#asked;
    let fruitless = 0;
    while (this.connections < CONNECTIONS_MAX) {
      const api = this.#apis[this.connections++ % this.#apis.length]!;
      // An event larger than the bound would never come through: the bound doubles until one does.
      const cutAfterBytes = typeof this.#cut === "object"
        ? this.#random.between(1, this.#cut.bytesMax * 2 ** Math.min(16, fruitless))
        : undefined;
      fruitless++;
      try {
        for await (
          const event of api.follow(conversationId, { after: this.cursor ?? undefined, cutAfterBytes })
        ) {
          if (event.type === "hb") continue;
          if (event.type === "bye") break;
          this.#see(event);
          fruitless = 0;
          if (this.#end !== null) return this.#end;
          if (this.#cut === "each event") break;
        }
      } catch (error) {
        // What fetch throws when the other side is gone, and what is said by one that is about to go.
        if (!(error instanceof TypeError || error instanceof TurnedAway)) throw error;
      }
    }
    throw new Error(`No end after ${CONNECTIONS_MAX} connections (seed ${this.#random.seed})`);
  }

  #see(event: StreamEvent): void {
    if (event.type === "snapshot" ? this.cursor !== null : event.id !== (this.cursor ?? -1) + 1) {
      this.amiss.push(`after ${this.cursor ?? "nothing"} came ${event.type} ${event.id}`);
    }
    this.cursor = event.id ?? this.cursor;
    const { messageId } = this.#asked;
    switch (event.type) {
      case "snapshot": {
        const message = event.data.messages.find(({ id }) => id === messageId);
        if (message !== undefined) this.#message(message);
        break;
      }
      case "message":
        if (event.data.message.id === messageId) this.#message(event.data.message);
        break;
      case "restart":
        if (event.data.attempt <= this.attempt) this.amiss.push(`attempt ${event.data.attempt} began twice`);
        this.attempt = event.data.attempt;
        this.texts.set(this.attempt, "");
        break;
      case "delta":
        if (event.data.messageId !== messageId) break;
        if (event.data.attempt !== this.attempt) {
          this.amiss.push(`attempt ${event.data.attempt} wrote when ${this.attempt} was the newest`);
        }
        this.#grow(event.data.attempt, textOf(event.data));
        break;
      default:
        break;
    }
    this.#wake();
  }

  #message(message: Message): void {
    const attempt = message.attempt ?? 1;
    if (attempt < this.attempt) this.amiss.push(`attempt ${attempt} spoke after ${this.attempt}`);
    const text = textOf(message);
    const seen = this.texts.get(attempt);
    if (seen === undefined) this.#grow(attempt, text);
    else if (seen !== text) {
      this.amiss.push(`the entry says ${text.length} characters, the deltas ${seen.length}`);
    }
    this.attempt = attempt;
    if (!isTerminal(message.status)) return;
    this.#end = message;
    this.endedAt = performance.now();
  }

  #grow(attempt: number, text: string): void {
    if (text !== "" && !this.firstTextAt.has(attempt)) this.firstTextAt.set(attempt, performance.now());
    this.texts.set(attempt, (this.texts.get(attempt) ?? "") + text);
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }
}

/** Numbers of `1 2 3 … n` that a text lacks, and those it says more than once or does not know. */
export function miscounted(text: string, n: number): { lost: number; repeated: number } {
  const said = text.trim() === "" ? [] : text.trim().split(" ").map(Number);
  const once = new Set(said.filter((number) => number >= 1 && number <= n));
  return { lost: n - once.size, repeated: said.length - once.size };
}
