// SIGKILL: no flush, no goodbye. Over HTTP, with the embedded KV on a real file.
import { assert, assertEquals } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { type ConversationState, reduce } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { countTo } from "../../support/count.ts";
import { AppServer } from "../../support/server.ts";

const N = 300;
const LEASE_MS = 2_000;
/** P4's bound. */
const TAKEOVER_MS_MAX = LEASE_MS + 5_000;

Deno.test("P4: SIGKILL in mid-answer, restart: the conversation is whole and the answer completes unaided", async () => {
  await using server = await AppServer.start({ env: slow(200) });
  const api = await Api.session(server.url);
  const { conversation, reply, seen } = await countFarEnough(api);
  await server.kill("SIGKILL");
  await server.restart();

  const answer = await api.finished(conversation.id, reply.messageId);
  // The demo can go on where it was; what a model does that cannot is tested with the scripted providers.
  assertEquals([answer.status, answer.recovered, textOf(answer)], ["complete", "resumed", countTo(N)]);
  const whole = await api.read(conversation.id);
  assertEquals(whole.messages.map(({ role, status }) => `${role} ${status}`), [
    "user complete",
    "assistant complete",
  ]);
  assertEquals(whole.conversation.running, null);

  // P1: a follower from before the crash comes back with its cursor and misses nothing.
  let state: ConversationState | null = seen;
  for await (const event of api.follow(conversation.id, { after: seen.cursor })) {
    assertEquals(event.id, state!.cursor + 1);
    state = reduce(state, event);
    if (state!.cursor === whole.cursor) break;
  }
  assertEquals(state!.messages.map(textOf), whole.messages.map(textOf));
});

Deno.test("P4: a second process on the same file takes over what a killed one left", async () => {
  await using first = await AppServer.start({ env: slow(100) });
  await using second = await AppServer.start({ env: slow(1_000), kvPath: first.kvPath });
  const api = await Api.session(first.url);
  const { conversation, reply } = await countFarEnough(api);
  await first.kill("SIGKILL");
  const killedAt = Date.now();
  const elsewhere = api.at(second.url);
  await elsewhere.followUntil(
    conversation.id,
    ({ messages }) => messages.some(({ id, recovered }) => id === reply.messageId && recovered === "resumed"),
  );
  const takeoverMs = Date.now() - killedAt;
  console.log(`taken over ${takeoverMs} ms after SIGKILL, with a lease of ${LEASE_MS} ms`);
  assert(takeoverMs < TAKEOVER_MS_MAX, `taken over after ${takeoverMs} ms`);
  const answer = await elsewhere.finished(conversation.id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["complete", countTo(N)]);
});

Deno.test("P1: two processes on one file show a follower of either the same answer", async () => {
  await using writer = await AppServer.start({ env: slow(300) });
  await using reader = await AppServer.start({ env: slow(300), kvPath: writer.kvPath });
  const api = await Api.session(writer.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: `count to ${N}` });
  const [here, there] = await Promise.all(
    [api, api.at(reader.url)].map((one) => one.finished(conversation.id, reply.messageId)),
  );
  assertEquals(textOf(here!), countTo(N));
  assertEquals(textOf(there!), countTo(N));
});

function slow(tokensPerSecond: number): Record<string, string> {
  return { DEMO_TOKENS_PER_SECOND: String(tokensPerSecond), LEASE_MS: String(LEASE_MS) };
}

/** Asks for the count and follows it to about a third. */
async function countFarEnough(api: Api) {
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: `count to ${N}` });
  const seen = await api.followUntil(
    conversation.id,
    ({ messages }) =>
      messages.some((message) => message.id === reply.messageId && textOf(message).includes(" 100")),
  );
  return { conversation, reply, seen };
}
