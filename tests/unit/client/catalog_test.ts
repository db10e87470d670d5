import { assertEquals } from "@std/assert";
import { matching, nameOf } from "@/lib/client/catalog.ts";
import { model } from "./sample.ts";

const MODELS = [
  model({ id: "openai/gpt-6-luna", provider: "openai", name: "GPT-6 Luna" }),
  model({ id: "anthropic/claude-opus-5", provider: "anthropic", name: "Claude Opus 5" }),
  model({ id: "openai/gpt-6-sol", provider: "openai", name: "GPT-6 Sol" }),
];
const found = (query: string) =>
  matching(MODELS, query).map(({ provider, models }) => [provider, ...models.map(({ name }) => name)]);

Deno.test("P2: models are found by any words of their name, id or provider, and stand under their provider", () => {
  assertEquals(found(""), [["openai", "GPT-6 Luna", "GPT-6 Sol"], ["anthropic", "Claude Opus 5"]]);
  assertEquals(found("  sol "), [["openai", "GPT-6 Sol"]]);
  assertEquals(found("OPENAI luna"), [["openai", "GPT-6 Luna"]]);
  assertEquals(found("opus-5"), [["anthropic", "Claude Opus 5"]]);
  assertEquals(found("luna opus"), []);
});

Deno.test("a model that nobody lists any more is called by its id", () => {
  assertEquals([nameOf(MODELS, "openai/gpt-6-sol"), nameOf(MODELS, "x/gone")], ["GPT-6 Sol", "x/gone"]);
});
