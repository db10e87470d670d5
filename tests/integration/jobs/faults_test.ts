import { assert, assertEquals } from "@std/assert";
import { conversationTopic } from "@/lib/kv/keys.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { countTo } from "../../support/count.ts";
import type { Fault } from "../../support/faulty_store.ts";
import { World } from "../../support/program.ts";
import { seeded } from "../../support/random.ts";

const random = seeded("faults of the store");
const FAULTS: readonly Fault[] = ["none", "none", "lose", "fail", "refuse"];

Deno.test("P1: whatever the store loses, fails or refuses, the answer is byte-exact, and said once", async () => {
  for (let round = 0; round < 15; round++) {
    await using world = await World.open();
    const here = world.process();
    const id = await here.create();
    here.store.onCommit = () => FAULTS[random.between(0, FAULTS.length - 1)]!;
    const { reply } = await here.send(id, "count to 300");
    const call = await world.provider.call(1);
    const text = `${countTo(300)} 漢 😀 "\\\n`;
    for (let at = 0; at < text.length;) {
      const size = random.between(1, 40);
      call.text(text.slice(at, at + size));
      at += size;
      if (random.between(0, 2) === 0) await world.clock.advance(random.between(0, 2_000));
    }
    call.end();
    const answer = await here.ended(id, reply.messageId);
    assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 1, text]);
    // The deltas alone say the same: nobody who followed live saw anything twice.
    const said = (await here.log.after(conversationTopic(id), 0))!
      .filter(({ type }) => type === "delta")
      .map(({ json }) => textOf(JSON.parse(json)));
    assertEquals(said.join(""), text);
  }
});

Deno.test("P8: a store that is away for a while delays an answer, and loses nothing of it", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  let failures = 0;
  const tenth = Promise.withResolvers<void>();
  here.store.onCommit = () => {
    if (++failures === 10) tenth.resolve();
    return "fail";
  };
  call.text("all ");
  await tenth.promise;
  call.text("of ", "it").end();
  here.store.onCommit = () => "none";
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, textOf(answer)], ["complete", "all of it"]);
  assert(failures >= 10);
});
