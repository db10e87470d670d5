import { assertEquals } from "@std/assert";
import { ClientError } from "@/lib/client/api.ts";
import { Finder } from "@/lib/client/finding.ts";
import { placesIn } from "@/lib/client/found.ts";
import type { ConversationPage, SearchHit, SearchPage } from "@/lib/protocol/api.ts";

function hit(messageId: string, excerpt: string): SearchHit {
  return { conversationId: "c", title: "", messageId, role: "user", createdAt: 0, excerpt, ranges: [] };
}

interface Asked {
  query: string;
  cursor?: string;
  answer: PromiseWithResolvers<SearchPage>;
}

/** A finder, what it has asked for, and the end of its pauses. */
function finder() {
  const asked: Asked[] = [];
  let pauses: (() => void)[] = [];
  const finder = new Finder({
    pause: () => new Promise((over) => pauses.push(over)),
    search(query, cursor) {
      const answer = Promise.withResolvers<SearchPage>();
      asked.push({ query, cursor, answer });
      return answer.promise;
    },
    titles: (): Promise<ConversationPage> => Promise.resolve({ conversations: [], nextCursor: null }),
  });
  return {
    finder,
    asked,
    /** Nobody types any more. */
    async rest() {
      pauses.forEach((over) => over());
      pauses = [];
      await settled();
    },
    async answer(at: number, page: Partial<SearchPage>) {
      asked[at]!.answer.resolve({ hits: [], nextCursor: null, complete: true, ...page });
      await settled();
    },
  };
}

/** What is resolved has come where it is awaited. */
const settled = () => new Promise((done) => setTimeout(done));

Deno.test("D1: only the last of what was typed is asked for, and what comes for other words is dropped", async () => {
  const { finder: found, asked, rest, answer } = finder();
  for (const text of ["ne", "nee", " need "]) void found.ask(text);
  await rest();
  assertEquals(asked.map(({ query }) => query), ["need"]);
  void found.ask("needle");
  await rest();
  await answer(1, { hits: [hit("new", "a needle")] });
  await answer(0, { hits: [hit("old", "a need")] });
  assertEquals(found.found.value.hits.map(({ messageId }) => messageId), ["new"]);
  assertEquals(found.found.value.state, "whole");
});

Deno.test("D1: longer words keep the hits that have them, other words keep none", async () => {
  const { finder: found, rest, answer } = finder();
  void found.ask("ne");
  await rest();
  await answer(0, { hits: [hit("1", "a needle"), hit("2", "a net")] });
  void found.ask("nee");
  assertEquals(found.found.value.hits.map(({ messageId }) => messageId), ["1"]);
  assertEquals(found.found.value.state, "looking");
  void found.ask("other");
  assertEquals(found.found.value.hits, []);
});

Deno.test("D2: at most two searches are under way, and the newest words are looked for next", async () => {
  const { finder: found, asked, rest, answer } = finder();
  for (const text of ["one", "two", "three", "four"]) {
    void found.ask(text);
    await rest();
  }
  assertEquals(asked.map(({ query }) => query), ["one", "two"]);
  await answer(0, { hits: [hit("1", "one")] });
  assertEquals(asked.map(({ query }) => query), ["one", "two", "four"]);
  await answer(2, { hits: [hit("4", "four")] });
  await answer(1, {});
  assertEquals(asked.length, 3);
  assertEquals(found.found.value.hits.map(({ messageId }) => messageId), ["4"]);
});

Deno.test("a failure is told and tried again; more comes behind what is there, each once", async () => {
  const { finder: found, asked, rest, answer } = finder();
  void found.ask("needle");
  await rest();
  asked[0]!.answer.reject(new ClientError({ code: "network", detail: "No network.", status: 0 }));
  await settled();
  assertEquals([found.found.value.state, found.found.value.failure?.detail], ["failed", "No network."]);
  void found.again();
  await answer(1, { hits: [hit("1", "needle")], nextCursor: "next", complete: false });
  assertEquals([found.found.value.state, found.found.value.failure], ["incomplete", null]);
  void found.more();
  void found.more(); // a second press is the same wish
  assertEquals(asked.slice(2).map(({ query, cursor }) => [query, cursor]), [["needle", "next"]]);
  await answer(2, { hits: [hit("1", "needle"), hit("2", "needles")] });
  assertEquals(found.found.value.hits.map(({ messageId }) => messageId), ["1", "2"]);
  assertEquals([found.found.value.state, found.found.value.nextCursor], ["whole", null]);
});

Deno.test("one letter is not searched for, one sign of Chinese is", async () => {
  const { finder: found, asked, rest } = finder();
  void found.ask("a");
  await rest();
  assertEquals([asked.length, found.found.value.state], [0, "none"]);
  void found.ask("猫");
  await rest();
  assertEquals(asked.map(({ query }) => query), ["猫"]);
});

Deno.test("a closed finder shows nothing that comes later, and asks for nothing that waited", async () => {
  const { finder: found, asked, rest, answer } = finder();
  for (const text of ["one", "two", "three"]) {
    void found.ask(text);
    await rest();
  }
  found.close();
  await answer(0, { hits: [hit("1", "one")] });
  await answer(1, { hits: [hit("2", "two")] });
  assertEquals([asked.length, found.found.value.hits.length], [2, 0]);
});

Deno.test("M6: words are marked where they begin, whatever their case; within others only when they begin nowhere", () => {
  const said = (text: string, ...words: string[]) => placesIn(text, words).map(([a, b]) => text.slice(a, b));
  assertEquals(said("An anchor, and A man", "an"), ["An", "an", "an"]);
  assertEquals(said("fooBar and fooBars", "Bar"), ["Bar", "Bar"]);
  assertEquals(said("我喜欢猫和狗", "猫"), ["猫"]);
  assertEquals(said("one two one", "two", "one", "ONE"), ["one", "two", "one"]);
  assertEquals(said("nothing", "", "x"), []);
  // A letter that is two in lower case moves nothing.
  assertEquals(said("İ needle", "needle"), ["needle"]);
});
