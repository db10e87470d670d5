import { assert, assertEquals } from "@std/assert";
import { Estimates, MESSAGE_TOKENS, textTokens } from "@/lib/context/estimate.ts";
import type { Message, Part } from "@/lib/protocol/message.ts";
import { CORPUS } from "../../fixtures/corpus.ts";

const CONVERSATION = "00000000-0000-4000-8000-0000000000c1";

function message(id: string, parts: Part[], conversationId = CONVERSATION): Message {
  return { id, conversationId, parentId: null, role: "user", status: "complete", parts, createdAt: 0 };
}

Deno.test("an estimate is within 15 % of what o200k counts, for each script and kind of text", () => {
  assert(CORPUS.length >= 40);
  const wrong = CORPUS.map(({ name, text, tokens }) => ({ name, ratio: textTokens(text) / tokens }))
    .filter(({ ratio }) => Math.abs(ratio - 1) > 0.15);
  assertEquals(wrong, []);
});

Deno.test("a long text is estimated by pieces of it, from its beginning to its end", () => {
  for (const { name, text } of CORPUS.filter(({ name }) => ["german", "typescript", "thai"].includes(name))) {
    const long = `${text}\n`.repeat(Math.ceil(300_000 / text.length));
    const whole = Math.ceil(long.length / (text.length + 1)) * textTokens(`${text}\n`);
    const ratio = textTokens(long) / whole;
    assert(Math.abs(ratio - 1) < 0.05, `${name}: ${ratio}`);
  }
  // Words to the middle, and then base64, which has thrice the tokens.
  const dense = "q8Zx2KpW7vRt".repeat(10_000);
  const words = "the same words again ".repeat(6_000);
  const apart = textTokens(words) + textTokens(dense);
  const ratio = textTokens(words + dense) / apart;
  assert(Math.abs(ratio - 1) < 0.1, `${ratio}`);
});

Deno.test("a message's words count, and its frame; thoughts and tool calls do not", () => {
  const estimates = new Estimates();
  const text = "How many legs has a spider?";
  assertEquals(estimates.of(message("a", [{ type: "text", text }])), MESSAGE_TOKENS + textTokens(text));
  assertEquals(
    estimates.of(message("b", [{ type: "reasoning", text: "Hm, spiders." }, { type: "text", text }])),
    MESSAGE_TOKENS + textTokens(text),
  );
  assertEquals(estimates.of(message("c", [{ type: "reasoning", text: "Hm, spiders." }])), 0);
  assertEquals(estimates.of(message("d", [])), 0);
  assertEquals(estimates.of(message("e", [{ type: "text", text: " \n" }])), 0);
});

Deno.test("a message is estimated once; one that has grown, or stands in another conversation, by itself", () => {
  const counted: string[] = [];
  const estimates = new Estimates((text) => counted.push(text));
  const words = (text: string): Part[] => [{ type: "text", text }];
  const first = estimates.of(message("a", words("one two")));
  assertEquals(estimates.of(message("a", words("one two"))), first);
  assertEquals(counted, ["one two"]);
  estimates.of(message("a", words("one two three")));
  estimates.of(message("b", words("one two")));
  // Ids are made by clients: another's words of the same length are not taken for these.
  estimates.of(message("a", words("two one"), "00000000-0000-4000-8000-0000000000c2"));
  assertEquals(counted, ["one two", "one two three", "one two", "two one"]);
});
