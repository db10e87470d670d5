// A conversation in which all that can happen has happened, purged.
import { assert, assertEquals } from "@std/assert";
import { userTopic } from "@/lib/kv/keys.ts";
import { everythingIn } from "../../support/kv.ts";
import { World } from "../../support/program.ts";

Deno.test("B1: of a conversation with answers, a queue, a title and prompts nothing is left but what was paid and that jobs ran", async () => {
  await using world = await World.open();
  world.titles = true;
  const process = world.process();
  const { id } = await process.conversations.create(world.userId, {
    model: "vendor/large",
    systemPrompt: "Be kind.",
  });
  const first = await process.send(id, "one");
  const waits = await process.send(id, "two");
  (await world.provider.call(1)).text("1").usage({ inputTokens: 1, outputTokens: 1 }).end();
  await process.ended(id, first.reply.messageId);
  for (const n of [2, 3]) {
    const call = await world.provider.call(n);
    if (call.request.systemPrompt.startsWith("You name")) call.text("I'm sorry").end();
    else call.text("2 ".repeat(5_000)).end();
  }
  await process.ended(id, waits.reply.messageId);
  await process.sideJobs.settled();
  const text = `["title","${id}"`;
  assert((await everythingIn(world.kv)).includes(text), "its title was tried");
  await process.conversations.remove(world.userId, id);
  await process.trash.purgeNow(world.userId, id);
  const rows = (await everythingIn(world.kv)).split("\n").filter((row) => row.includes(id));
  const kinds = rows.filter((row) => !row.includes(userTopic(world.userId))).map((row) =>
    JSON.parse(row.split(" ")[0]!)[0]
  );
  assertEquals([...new Set(kinds)].toSorted(), ["generation", "ledger"]);
});
