// A follower with a bad connection: cut at random bytes, it comes back with its cursor each time.
import type { StreamEvent } from "../../lib/protocol/event.ts";
import { type ConversationState, reduce } from "../../lib/protocol/reduce.ts";
import type { Api } from "./api.ts";
import type { Random } from "./random.ts";

export interface CutResult {
  state: ConversationState;
  /** What arrived of the log, in the order of arrival, over all connections. */
  events: StreamEvent[];
  cuts: number;
}

/** Connections tried before giving up. Each cut needs one; the rest are for cuts that fall before a whole event. */
const CONNECTIONS_MAX = 500;

/** Follows until `until` holds, but not before the connection was cut `cuts` times, each within `bytesMax` bytes. */
export async function followWithCuts(
  api: Api,
  conversationId: string,
  until: (state: ConversationState) => boolean,
  { cuts, bytesMax, random, onCut }: {
    cuts: number;
    bytesMax: number;
    random: Random;
    /** Called with the number of cuts so far. An answer that ends before the last of them was too short, or too fast. */
    onCut: (cuts: number) => void;
  },
): Promise<CutResult> {
  const result: { state: ConversationState | null; events: StreamEvent[]; cuts: number } = {
    state: null,
    events: [],
    cuts: 0,
  };
  for (let connection = 0; connection < CONNECTIONS_MAX; connection++) {
    const cutAfterBytes = result.cuts < cuts ? random.between(1, bytesMax) : undefined;
    const after = result.state?.cursor;
    for await (const event of api.follow(conversationId, { after, cutAfterBytes })) {
      if (event.type === "hb") continue;
      if (event.type === "bye") break;
      expectNext(result.state, event);
      result.state = reduce(result.state, event);
      result.events.push(event);
      if (result.state === null || !until(result.state)) continue;
      if (result.cuts >= cuts) return { ...result, state: result.state };
      throw new Error(
        `It was over after ${result.cuts} of ${cuts} cuts (seed ${random.seed}): its answer has to wait for them`,
      );
    }
    if (cutAfterBytes !== undefined) onCut(++result.cuts);
  }
  throw new Error(`Not there after ${CONNECTIONS_MAX} connections (seed ${random.seed})`);
}

/** P1: after a snapshot, each event is the next one. */
function expectNext(state: ConversationState | null, event: StreamEvent): void {
  if (
    state === null ? event.type === "snapshot" : event.type !== "snapshot" && event.id === state.cursor + 1
  ) return;
  throw new Error(`After cursor ${state?.cursor ?? "none"} came ${event.type} with id ${event.id}`);
}
