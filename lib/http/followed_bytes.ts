// What a follower is given, as the bytes of a stream.
import type { Followed, Follower } from "../bus/follow.ts";
import type { EncodedSnapshot } from "./state.ts";
import type { Source } from "./streams.ts";

/** The bytes of what was given; null: there is nothing in it for this stream. After `end()` nothing more is asked. */
export type Encode = (followed: Followed<EncodedSnapshot>, end: () => void) => Uint8Array | null;

export class FollowedBytes implements Source {
  readonly #follower: Follower<EncodedSnapshot>;
  readonly #encode: Encode;
  /** What goes out before anything else. */
  readonly #first: Uint8Array[];
  #isEnded = false;

  constructor(follower: Follower<EncodedSnapshot>, encode: Encode, first: Uint8Array[] = []) {
    this.#follower = follower;
    this.#encode = encode;
    this.#first = first;
  }

  take(): Uint8Array | null | "end" {
    const first = this.#first.shift();
    if (first !== undefined) return first;
    while (!this.#isEnded) {
      const followed = this.#follower.take();
      if (followed === null || followed === "end") return followed;
      const bytes = this.#encode(followed, this.#end);
      if (bytes !== null) return bytes;
    }
    return "end";
  }

  readonly #end = (): void => {
    this.#isEnded = true;
  };

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }
}
