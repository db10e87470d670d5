import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { signal } from "@preact/signals";
import { renderToString } from "preact-render-to-string";
import { ChatSettings } from "@/components/settings/ChatSettings.tsx";
import { read, shown } from "@/components/settings/Stops.tsx";
import { Drafts } from "@/lib/client/drafts.ts";
import { OwnPreferences } from "@/lib/client/own_preferences.ts";
import { Setup } from "@/lib/client/setup.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";
import { type Abilities, UNKNOWN_ABILITIES } from "@/lib/protocol/model.ts";
import { conversation, model, TOPIC } from "../client/sample.ts";

const never = () => Promise.reject(new Error("Nobody saves here"));

function settings(abilities: Partial<Abilities> = {}, change: Partial<Conversation> = {}) {
  const setup = new Setup({
    api: { patch: never },
    drafts: new Drafts(null),
    id: signal(TOPIC),
    conversation: signal(conversation({ model: "openai/sol", ...change })),
  });
  const sol = model({
    id: "openai/sol",
    provider: "openai",
    name: "Sol",
    outputTokensMax: 128_000,
    abilities: { ...UNKNOWN_ABILITIES, ...abilities },
  });
  const sonnet = model({ id: "anthropic/sonnet", provider: "anthropic", name: "Sonnet" });
  return renderToString(
    <ChatSettings
      setup={setup}
      preferences={new OwnPreferences({ patchPreferences: never })}
      models={{ models: [sol, sonnet], defaultModel: sol.id, fallbacks: [sol.id, sonnet.id] }}
      model={sol.id}
      begun
      usage={never}
      say={() => {}}
      closed={() => {}}
      close={() => {}}
    />,
  );
}
const inputs = (html: string, setting: string) =>
  [...html.matchAll(new RegExp(`<input[^>]*data-setting="${setting}"[^>]*>`, "g"))].map(([tag]) => tag);
const efforts = (html: string) =>
  inputs(html, "effort").map((tag) => /\svalue="([^"]*)"/.exec(tag)?.[1] ?? "");

Deno.test("P4: what a conversation is set to is shown, and what is left to the model is called so", () => {
  const html = settings({}, {
    systemPrompt: "Be brief.",
    params: { temperature: 0.3, effort: "low", stop: ["END", "a\n"] },
  });
  assertStringIncludes(html, ">Be brief.</textarea>");
  assertStringIncludes(inputs(html, "temperature")[0]!, 'value="0.3"');
  assertEquals(inputs(html, "effort").filter((tag) => /\schecked/.test(tag)).length, 1);
  assert(inputs(html, "effort").some((tag) => tag.includes('value="low"') && /\schecked/.test(tag)));
  for (const part of ["END", "a\\n"]) assertStringIncludes(html, `<code>${part}</code>`);
  const unset = settings();
  assertStringIncludes(inputs(unset, "temperature")[0]!, 'aria-valuetext="left to the model"');
  assertEquals(inputs(unset, "effort").findIndex((tag) => /\schecked/.test(tag)), 0);
});

Deno.test("P4: what a model refuses is disabled, and a word says why", () => {
  const html = settings({ temperature: false, stop: false, reasoning: false });
  assert(/\sdisabled/.test(inputs(html, "temperature")[0]!));
  for (
    const part of [
      "Sol takes no temperature.",
      "Sol takes no texts to stop at.",
      "Sol does not think before it answers.",
    ]
  ) assertStringIncludes(html, part);
  assertEquals(html.match(/<fieldset[^>]*disabled/g)?.length, 2);
  const offered = settings();
  assert(!/<fieldset[^>]*disabled/.test(offered), "what nobody knows is offered");
  assert(!/\sdisabled/.test(inputs(offered, "temperature")[0]!));
});

Deno.test("P4: only the efforts of the model are offered, and one that it does not take is said to be set", () => {
  assertEquals(efforts(settings({ efforts: ["low", "high"] })), ["", "low", "high"]);
  assertEquals(efforts(settings()).length, 8);
  const html = settings({ efforts: ["low"] }, { params: { effort: "max" } });
  assertStringIncludes(html, "Most is set, which Sol does not take: it will decide.");
});

Deno.test("P7: the server's fallbacks are named without the model itself; an order of one's own can be changed", () => {
  assertStringIncludes(settings(), "<small>Sonnet</small>");
  const own = settings({}, { fallbacks: ["anthropic/sonnet", "gone/model"] });
  assertEquals([...own.matchAll(/data-fallback="([^"]*)"/g)].map(([, id]) => id), [
    "anthropic/sonnet",
    "gone/model",
  ]);
  assert(/data-action="up"[^>]*disabled/.test(own), "the first cannot go up");
  assertStringIncludes(
    settings({}, { fallbacks: [] }),
    "None: when the model cannot answer, the answer fails.",
  );
});

Deno.test("a line break is typed as two signs, and read back as they were typed", () => {
  for (const [typed, text] of [["\\n", "\n"], ["a\\tb", "a\tb"], ["\\\\n", "\\n"], ["\\x", "\\x"]] as const) {
    assertEquals(read(typed), text);
    assertEquals(read(shown(text)), text);
  }
});
