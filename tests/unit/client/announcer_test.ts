import { assertEquals } from "@std/assert";
import { Announcer } from "@/lib/client/announcer.ts";
import { branch } from "@/lib/client/branch.ts";
import type { Message } from "@/lib/protocol/message.ts";
import type { ConversationState } from "@/lib/protocol/reduce.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { conversation, id, message, text } from "./sample.ts";

function setUp() {
  const clock = new FakeClock();
  const said: string[] = [];
  const announcer = new Announcer({
    clock,
    spoken: (text) => text,
    how: () => "full",
    say: ({ status, alert, reply }) =>
      said.push([status, alert, reply?.join("")].filter(Boolean).join(" | ")),
  });
  const see = (...messages: Message[]) => {
    const state: ConversationState = {
      conversation: conversation(),
      messages,
      cursor: 1,
      deleted: false,
      gap: false,
    };
    announcer.seen(state, branch(messages, messages.at(-1)?.id ?? null));
    return state;
  };
  return { clock, said, announcer, see };
}

Deno.test("K4: an answer of 200 words is told of every seven seconds, then once with its text", async () => {
  const { clock, said, see } = setUp();
  see(message());
  for (let words = 1; words <= 200; words++) {
    see(message({ parts: text("word ".repeat(words)) }));
    await clock.advance(100); // 20 seconds in all
  }
  assertEquals(said, ["Still generating, 70 words.", "Still generating, 140 words."]);
  said.length = 0;
  see(message({ status: "complete", parts: text("the whole") }));
  assertEquals(said, ["Response complete, 2 words. | the whole"]);
  await clock.advance(60_000);
  assertEquals([said.length, clock.sleeping], [1, 0]);
});

Deno.test("K4: a conversation that is left, or an answer that waits for its provider, is not told of", async () => {
  const { clock, said, announcer, see } = setUp();
  const waiting = { until: 0, code: "provider_rate_limit" as const, detail: "Busy.", tried: 1, triesMax: 3 };
  see(message({ waiting }));
  await clock.advance(8_000);
  assertEquals(said, []);
  announcer.seen(null, []);
  await clock.advance(60_000);
  assertEquals([said, clock.sleeping], [[], 0]);
});

Deno.test("K4: a lost connection and its return are told once, and the first connection is not", () => {
  const { said, announcer } = setUp();
  for (
    const link of [
      "connecting",
      "live",
      "waiting",
      "connecting",
      "waiting",
      "connecting",
      "live",
      "live",
    ] as const
  ) {
    announcer.linked(link);
  }
  assertEquals(said, ["Connection lost. Reconnecting.", "Reconnected."]);
});

Deno.test("K4: which version of how many was chosen is told; one that arrives is not", () => {
  const { said, announcer, see } = setUp();
  const question = message({ id: id(1), role: "user", status: "complete", parts: text("?") });
  const versions = [2, 3, 4].map((n) => message({ id: id(n), parentId: id(1), status: "complete" }));
  see(question, versions[0]!);
  const state = see(question, ...versions);
  assertEquals(said, []);
  announcer.seen(state, branch(state.messages, id(4), new Map([[id(1), id(3)]])));
  assertEquals(said, ["Version 2 of 3."]);
});
