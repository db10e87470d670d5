import { assert, assertEquals } from "@std/assert";
import { ANSWER_BYTES_MAX, AnswerSize } from "@/lib/generate/answer_size.ts";
import { MESSAGE_CHARS_MAX, SYSTEM_PROMPT_CHARS_MAX } from "@/lib/protocol/api.ts";
import { textOf } from "@/lib/protocol/message.ts";
import { World } from "../../support/program.ts";

/** As many `unit`s as an answer may have. */
function largest(unit: string): string {
  const size = new AnswerSize();
  const empty = size.add({ type: "text", text: "" });
  const each = size.add({ type: "text", text: unit }) - empty;
  return unit.repeat(Math.floor((ANSWER_BYTES_MAX - empty) / each));
}

/** Each kind of text, and one of it. */
const KINDS = { letters: "a", CJK: "漢", emoji: "😀", quotes: '"', backslashes: "\\" };

for (const [name, unit] of Object.entries(KINDS)) {
  Deno.test(`P8: the largest answer of ${name} ends whole, though the largest question waits behind it`, async () => {
    await using world = await World.open();
    const here = world.process();
    const id = await here.create();
    await here.conversations.patch(world.userId, id, { systemPrompt: "漢".repeat(SYSTEM_PROMPT_CHARS_MAX) });
    const { reply } = await here.send(id, "Hello?");
    const next = await here.send(id, "漢".repeat(MESSAGE_CHARS_MAX));
    const text = largest(unit);
    const call = await world.provider.call(1);
    for (let at = 0; at < text.length; at += 1_000) call.text(text.slice(at, at + 1_000));
    call.end();
    const answer = await here.ended(id, reply.messageId);
    assertEquals([answer.status, textOf(answer) === text], ["complete", true]);
    (await world.provider.call(2)).text("read").end();
    assertEquals((await here.ended(id, next.reply.messageId)).status, "complete");
  });
}

Deno.test("P8: an answer that grows beyond the largest is stopped, and what was said before is kept", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  const { reply } = await here.send(id, "Hello?");
  const call = await world.provider.call(1);
  const text = largest("漢");
  call.text(text, "漢", "never");
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.error?.code], ["failed", "answer_too_long"]);
  assert(textOf(answer) === text, "what was said before is not all there");
  await call.closed;
});

Deno.test("P8: an answer that fits no commit, with all that stands beside it, still ends, and the next begins", async () => {
  await using world = await World.open();
  const here = world.process();
  const id = await here.create();
  await here.conversations.patch(world.userId, id, {
    systemPrompt: "\u0001漢".repeat(SYSTEM_PROMPT_CHARS_MAX / 2),
  });
  const { reply } = await here.send(id, "Hello?");
  const next = await here.send(id, "\ud800".repeat(MESSAGE_CHARS_MAX));
  const text = largest("漢");
  (await world.provider.call(1)).text(text).end();
  const answer = await here.ended(id, reply.messageId);
  assertEquals([answer.status, answer.error?.code], ["failed", "answer_too_long"]);
  assert(text.startsWith(textOf(answer)) && textOf(answer).length > 1_000, "not even its beginning is kept");
  (await world.provider.call(2)).text("read").end();
  assertEquals((await here.ended(id, next.reply.messageId)).status, "complete");
});
