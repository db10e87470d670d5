// SIGTERM and SIGINT: flush, hand back, say goodbye, go.
import { assert, assertEquals } from "@std/assert";
import type { StreamEvent } from "../../../lib/protocol/event.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { type ConversationState, reduce } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { countedIn, countTo } from "../../support/count.ts";
import { AppServer } from "../../support/server.ts";

const N = 300;
const EXIT_MS_MAX = 5_000;
/** Far beyond the test: if the next process goes on at once, the lease was handed back and did not run out. */
const LEASE_MS = 300_000;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`DESIGN 4: ${signal} tells followers, hands leases back and exits within 5 s; the next process goes on`, async () => {
    await using server = await AppServer.start({
      env: { DEMO_TOKENS_PER_SECOND: "100", LEASE_MS: String(LEASE_MS) },
    });
    const api = await Api.session(server.url);
    const conversation = await api.create({ model: "demo/tour" });
    const { reply } = await api.send(conversation.id, { text: `count to ${N}` });

    let state: ConversationState | null = null;
    let killedAt = 0;
    let exit: Promise<Deno.CommandStatus> | null = null;
    const last: StreamEvent[] = [];
    for await (const event of api.follow(conversation.id)) {
      state = reduce(state, event);
      last[0] = event;
      const answer = state?.messages.find((message) => message.id === reply.messageId);
      if (exit === null && answer !== undefined && countedIn(textOf(answer)) >= 50) {
        killedAt = performance.now();
        exit = server.kill(signal);
      }
    }
    assertEquals(last, [{ type: "bye", data: { reason: "drain" } }]);
    const { code } = await exit!;
    const exitMs = performance.now() - killedAt;
    console.log(`${signal} → exit: ${exitMs.toFixed(0)} ms`);
    assertEquals(code, 0);
    assert(exitMs < EXIT_MS_MAX, `the exit took ${exitMs} ms`);

    await server.restart();
    const answer = await api.finished(conversation.id, reply.messageId);
    assertEquals([answer.status, textOf(answer)], ["complete", countTo(N)]);

    // P2: what the follower was shown before the exit is in the log, in its place.
    for await (const event of api.follow(conversation.id, { after: state!.cursor })) {
      assertEquals(event.id, state!.cursor + 1);
      state = reduce(state, event);
      if (
        state!.messages.some((message) => message.id === reply.messageId && message.status === "complete")
      ) break;
    }
    assertEquals(state!.messages.map(textOf).at(-1), countTo(N));
  });
}
