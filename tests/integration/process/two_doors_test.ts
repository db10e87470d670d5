// Two processes, one store: what is asked of one is true of the other.
import { assertEquals, assertRejects } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api, Refused } from "../../support/api.ts";
import { ask, Cluster, CLUSTER_MODEL } from "../../support/cluster.ts";

/** Ten times at once, as ten tabs that all lost the response would. */
const TIMES = 10;

Deno.test("P7: ten sends at once with one id, to two processes: one message, one provider call, ten equal answers", async () => {
  await using cluster = await Cluster.start({ processes: 2 });
  const here = await Api.session(cluster.server(0).url);
  const doors = [here, here.at(cluster.server(1).url)];
  const conversation = await here.create({ model: CLUSTER_MODEL, title: "Asked once" });
  const message = { id: crypto.randomUUID(), text: "Hello?" };
  const sent = await Promise.all(
    Array.from({ length: TIMES }, (_, i) => doors[i % 2]!.send(conversation.id, message)),
  );
  for (const answer of sent) assertEquals(answer, sent[0]);

  const call = await cluster.fake.next();
  await call.send("Once.");
  await call.end();
  const { messageId } = sent[0]!.reply;
  const answers = await Promise.all(doors.map((door) => door.finished(conversation.id, messageId)));
  assertEquals(answers.map(textOf), ["Once.", "Once."]);
  // After the answer too, from either door; and with other content from neither.
  for (const door of doors) {
    assertEquals(await door.send(conversation.id, message), sent[0]);
    const { problem } = await assertRejects(
      () => door.send(conversation.id, { ...message, text: "Something else" }),
      Refused,
    );
    assertEquals(problem.status, 409);
  }
  assertEquals(cluster.fake.exchanges.length, 1);
  assertEquals((await here.read(conversation.id)).messages.length, 2);
});

Deno.test("P6: Stop at one process closes the upstream of a job in another, and nothing lands after its end", async () => {
  await using cluster = await Cluster.start({ processes: 2 });
  const here = await Api.session(cluster.server(0).url);
  const there = here.at(cluster.server(1).url);
  for (const tokens of [0, 3]) {
    const { conversationId, messageId, generationId } = await ask(here);
    const call = await cluster.fake.next();
    for (let i = 1; i <= tokens; i++) await call.send(`${i} `);
    const shown = "1 2 3 ".slice(0, 2 * tokens);
    await here.followUntil(
      conversationId,
      ({ messages }) => messages.some(({ id, parts }) => id === messageId && textOf({ parts }) === shown),
    );
    // Twice, and from two devices at once: there is one end.
    await Promise.all([there.cancel(generationId), there.cancel(generationId), here.cancel(generationId)]);
    await call.closed;
    const answer = await there.finished(conversationId, messageId);
    assertEquals([answer.status, textOf(answer)], ["cancelled", shown]);
    await call.send("too late");
    await there.cancel(generationId);
    const { messages, conversation } = await here.read(conversationId);
    assertEquals(messages.find(({ id }) => id === messageId), answer);
    assertEquals(conversation.running, null);
  }
});
