// What a model thought is seen, and never sent back to a model.
import { assertEquals } from "@std/assert";
import { World } from "../../support/program.ts";

Deno.test("the next request has the answer's text, and nothing of its thoughts", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const first = await here.send(id, "Hello?");
  (await world.provider.call(1)).reasoning("Between us. ").text("Yes").reasoning("Hidden. ").text(".").end();
  const answer = await here.ended(id, first.reply.messageId);
  assertEquals(answer.parts.map(({ type }) => type), ["reasoning", "text", "reasoning", "text"]);
  await here.send(id, "And?");
  const { request } = await world.provider.call(2);
  assertEquals(request.turns, [
    { role: "user", text: "Hello?" },
    { role: "assistant", text: "Yes." },
    { role: "user", text: "And?" },
  ]);
  assertEquals(/Between us|Hidden/.test(JSON.stringify(request)), false);
});
