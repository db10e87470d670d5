import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { NO_PREFERENCES } from "@/lib/protocol/preferences.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { ChatPage } from "@/routes/(_page)/ChatPage.tsx";
import { ErrorPage } from "@/components/ErrorPage.tsx";
import { STARTERS } from "@/lib/chat/starters.ts";
import type { PageState } from "@/lib/protocol/api.ts";
import { conversation, id, message, text } from "../client/sample.ts";

function state(change: Partial<PageState> = {}): PageState {
  const models = [
    { id: "demo/tour", provider: "demo", name: "Tour", available: true },
    { id: "openai/x", provider: "openai", name: "X", available: false, unavailableBecause: "needs a key" },
  ].map((model) => ({
    ...model,
    contextTokens: null,
    outputTokensMax: null,
    price: null,
    abilities: UNKNOWN_ABILITIES,
  }));
  return {
    person: id(7),
    snapshot: null,
    list: { conversations: [conversation({ running: id(90) })], cursor: 0 },
    nextCursor: "older",
    models: { models, defaultModel: "demo/tour", fallbacks: [] },
    preferences: NO_PREFERENCES,
    starters: STARTERS,
    ...change,
  };
}
const page = (change?: Partial<PageState>) => renderToString(<ChatPage state={state(change)} />);
const snapshot = {
  conversation: conversation({ running: id(90), title: "<b>Mine</b>" }),
  messages: [
    message({ id: id(9), role: "user", status: "complete", parts: text("question") }),
    message({ parentId: id(9), parts: text("1 2 3") }),
  ],
  cursor: 3,
};

Deno.test("without JavaScript the history is there, up to the last word that was stored", () => {
  const html = page({ snapshot });
  for (const part of ["question", "1 2 3", "<noscript>", "&lt;b>Mine&lt;/b>"]) {
    assertStringIncludes(html, part);
  }
});

Deno.test("the page of a new chat says what this is and offers four things to try", () => {
  const html = page();
  assertEquals(html.match(/data-action="starter"/g)?.length, 4);
  for (const part of ["count to 500", "What can you show?"]) assertStringIncludes(html, part);
});

Deno.test("no style and no script stands in the page: the policy forbids both", () => {
  for (const html of [page(), page({ snapshot })]) assert(!/\sstyle=|<script|\son[a-z]+=/.test(html));
});

Deno.test("a running conversation shows Stop at first sight, and its mark in the list", () => {
  const html = page({ snapshot });
  assertStringIncludes(html, 'data-action="stop"');
  assertStringIncludes(html, "data-running");
});

Deno.test("P2: without JavaScript the model's name is there, as text", () => {
  const button = /<button[^>]*data-action="model"[^>]*>(.*?)<\/button>/s.exec(page())?.[1] ?? "";
  assertStringIncludes(button.replaceAll(/<[^>]*>/g, ""), "Model: Tour");
  const other = page({ snapshot: { ...snapshot, conversation: conversation({ model: "openai/x" }) } });
  assertStringIncludes(other, '<span class="name">X</span>');
});

Deno.test("what a screen reader will hear has its place from the first HTML on, and the log is silent", () => {
  const html = page({ snapshot });
  for (const role of ["status", "log", "alert"]) assertStringIncludes(html, `role="${role}" class="sr-only"`);
  assertStringIncludes(html, 'aria-live="off" aria-busy="true"');
});

Deno.test("two renders share nothing: a server has many people", () => {
  page({ snapshot });
  assert(!page().includes("question"));
});

Deno.test("a page that failed says so in words, with the number of its request", () => {
  const html = renderToString(<ErrorPage title="Not found" detail="Nothing is here." requestId="req-3" />);
  for (const part of ["Not found", "Nothing is here.", "req-3", 'href="/"']) assertStringIncludes(html, part);
});
