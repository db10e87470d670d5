import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderToString } from "preact-render-to-string";
import { ModelChooser } from "@/components/ModelChooser.tsx";
import type { Model } from "@/lib/protocol/model.ts";
import { UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { model } from "../client/sample.ts";

// A server has no pointer to ask for; the dialog is only ever drawn in a browser.
Object.assign(globalThis, { matchMedia: () => ({ matches: false }) });

const PRICE = { input: 2e6, output: 10e6, cachedInput: 0, cacheWrite: null };
const chooser = (models: Model[], once: boolean | null = false) =>
  renderToString(
    <ModelChooser
      models={models}
      current={models[0]!.id}
      label="Choose a model"
      once={once}
      choose={() => {}}
      closed={() => {}}
    />,
  );
const options = (html: string) => [...html.matchAll(/<div[^>]*role="option"[^>]*>/g)].map(([tag]) => tag);

Deno.test("P2: a row says what tells models apart; an unknown price is a dash and never free", () => {
  const abilities = { ...UNKNOWN_ABILITIES, reasoning: true, tools: true, vision: false };
  const known = chooser([model({ contextTokens: 1_050_000, price: PRICE, abilities })]);
  for (const part of ["1M", "$2/$10", ">thinks<", ">tools<"]) assertStringIncludes(known, part);
  assert(!known.includes(">vision<"));
  const unknown = chooser([model()]);
  assertStringIncludes(unknown, "—");
  for (const part of ["$", "free", ">thinks<"]) assert(!unknown.includes(part), part);
  assertStringIncludes(chooser([model({ price: { ...PRICE, input: 0, output: 0 } })]), "free");
});

Deno.test("P2: a model that cannot be used is listed, disabled, and says why", () => {
  const html = chooser([
    model(),
    model({
      id: "openai/x",
      provider: "openai",
      name: "X",
      available: false,
      unavailableBecause: "Set a key.",
    }),
  ]);
  assertEquals(options(html).map((tag) => /aria-disabled="(\w+)"/.exec(tag)?.[1]), ["false", "true"]);
  assertStringIncludes(html, "Set a key.");
});

Deno.test("P2: the search owns a list of groups, and names the option that Enter takes", () => {
  const html = chooser([model(), model({ id: "openai/x", provider: "openai", name: "X" })]);
  const search = /<input[^>]*role="combobox"[^>]*>/.exec(html)![0];
  const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  assertEquals(attribute(search, "aria-expanded"), "true");
  assertStringIncludes(html, `id="${attribute(search, "aria-controls")}" class="models" role="listbox"`);
  assertEquals(attribute(search, "aria-activedescendant"), attribute(options(html)[0]!, "id"));
  for (const [, by] of html.matchAll(/role="group" aria-labelledby="([^"]*)"/g)) {
    assertStringIncludes(html, `<h3 id="${by}"`);
  }
  assertEquals(options(html).map((tag) => attribute(tag, "aria-selected")), ["true", "false"]);
});

Deno.test("only a message that is still to be sent can have a model of its own", () => {
  assertStringIncludes(chooser([model()]), "Only for the next message");
  assert(!chooser([model()], null).includes("Only for the next message"));
});
