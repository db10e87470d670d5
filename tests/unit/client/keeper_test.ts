import { assertEquals } from "@std/assert";
import { snapshotOf } from "@/lib/client/keeper.ts";
import { type ConversationState, reduce } from "@/lib/protocol/reduce.ts";
import { conversation, id, message } from "./sample.ts";

const ended = (n: number) => message({ id: id(n), status: "complete", parentId: n === 1 ? null : id(n - 1) });

/** What is read back of what was kept. */
function readBack(state: ConversationState, first: string): ConversationState | null {
  const snapshot = structuredClone(snapshotOf(state, first));
  return reduce(null, { type: "snapshot", data: snapshot, id: snapshot.cursor });
}

Deno.test("R3: what is kept of a conversation's end is read back as its end, with what stands beside it and before it", () => {
  const state: ConversationState = {
    conversation: conversation({ activeLeaf: id(9) }),
    messages: [ended(8), ended(9)],
    summaries: [{ throughId: id(8), text: "short", by: "model", createdAt: 0 }],
    forks: [{ parentId: id(8), ids: [id(9), id(19)] }],
    earlier: [{ before: id(9), messages: 8, chars: 80 }, { before: id(8), messages: 7, chars: 70 }],
    cursor: 12,
    deleted: false,
    gap: false,
  };
  assertEquals(readBack(state, id(8)), {
    ...state,
    earlier: [{ before: id(8), messages: 7, chars: 70 }],
  });
  // Nothing else stands beside it, and it is an end all the same.
  assertEquals(readBack({ ...state, forks: [], earlier: [] }, id(8))?.forks, []);
});

Deno.test("R3: what is kept whole is read back whole", () => {
  const state: ConversationState = {
    conversation: conversation({ activeLeaf: id(2) }),
    messages: [ended(1), ended(2)],
    cursor: 5,
    deleted: false,
    gap: false,
  };
  assertEquals(readBack(state, id(1)), state);
});
