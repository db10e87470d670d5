import { NO_PREFERENCES } from "@/lib/protocol/preferences.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { lexed } from "@/components/markdown/blocks.ts";
import { FinishedTexts } from "@/components/markdown/finished_texts.ts";
import type { Message, Part } from "@/lib/protocol/message.ts";
import { ChatPage } from "@/routes/(_page)/ChatPage.tsx";
import { conversation, id, message, text } from "../client/sample.ts";

const ANSWER =
  "# Title\n\nA *word* and [a link][1].\n\n- one\n- two\n\n```ts\nlet a;\n```\n\n[1]: https://example.com/";

/** Reads as a server does, and keeps what it had to read. */
function counted(charsMax?: number) {
  const read: string[] = [];
  const finished = new FinishedTexts({
    ...(charsMax === undefined ? {} : { charsMax }),
    read(text) {
      read.push(text);
      return lexed(text);
    },
  });
  return { finished, read };
}

/** The page of a conversation whose messages follow each other. */
function page(messages: Message[], finished: FinishedTexts): string {
  const activeLeaf = messages.at(-1)?.id ?? null;
  const state = {
    snapshot: { conversation: conversation({ activeLeaf }), messages, cursor: 1 },
    list: { conversations: [], cursor: 0 },
    nextCursor: null,
    models: { models: [], defaultModel: "demo/tour", fallbacks: [] },
    preferences: NO_PREFERENCES,
    starters: [],
  };
  return renderToString(<ChatPage state={state} finished={finished} />);
}

const question = message({ id: id(9), role: "user", status: "complete", parts: text("# a question") });
const answer = (parts: Part[], change: Partial<Message> = {}) =>
  message({ parentId: id(9), status: "complete", parts, ...change });

Deno.test("a finished answer is read once, however many pages show it, and looks the same on each", () => {
  const { finished, read } = counted();
  const cold = page([question, answer(text(ANSWER))], finished);
  const warm = page([question, answer(text(ANSWER))], finished);
  assertEquals(read, [ANSWER]);
  assertEquals(warm, cold);
  assertStringIncludes(warm, "<li>two</li>");
});

Deno.test("K4: a page that keeps what it read sends what a browser makes of the same words", () => {
  const { finished } = counted();
  const bare = new FinishedTexts({ charsMax: 0 });
  for (const source of [ANSWER, "", "  \n", "a\r\nb", "<b>&amp;</b>", "| a |\n| - |\n| 1 |", "\\( x \\)"]) {
    const messages = [question, answer(text(source))];
    page(messages, finished);
    assertEquals(page(messages, finished), page(messages, bare), source);
  }
});

Deno.test("K3: an answer that was given other words, by a new attempt or a new version, is read anew", () => {
  const { finished, read } = counted();
  page([question, answer(text("the *first* words"))], finished);
  const again = page([question, answer(text("the *second* words"), { attempt: 2 })], finished);
  const version = page([question, answer(text("the *third* words"), { id: id(11) })], finished);
  assertEquals(read, ["the *first* words", "the *second* words", "the *third* words"]);
  assertStringIncludes(again, "<em>second</em>");
  assert(!again.includes("first") && !version.includes("second"));
});

Deno.test("an answer that grows is not kept: each of its pages would leave one more text", () => {
  const { finished, read } = counted();
  for (const words of ["one *two", "one *two* three"]) {
    page([question, answer(text(words), { status: "streaming" })], finished);
  }
  assertEquals(read, []);
});

Deno.test("what is kept has a bound; what went is read again", () => {
  // Ten characters count as 110: an entry takes memory too.
  const { finished, read } = counted(225);
  for (const words of ["ten chars.", "ten more..", "ten again.", "ten again.", "ten chars."]) {
    page([question, answer(text(words))], finished);
  }
  assertEquals(read, ["ten chars.", "ten more..", "ten again.", "ten chars."]);
});
