import { assertEquals } from "@std/assert";
import { patchPreferences, readPreferences } from "@/lib/chat/preferences.ts";
import { randomId } from "@/lib/core/ids.ts";
import { userTopic } from "@/lib/kv/keys.ts";
import {
  INSTRUCTIONS_CHARS_MAX,
  NO_PREFERENCES,
  type Preferences,
  type Preset,
  PRESET_NAME_CHARS_MAX,
  PRESET_PROMPT_CHARS_MAX,
  PRESETS_MAX,
} from "@/lib/protocol/preferences.ts";
import { logOn } from "../../support/bus.ts";
import { type Fault, faults } from "../../support/faulty_store.ts";

const USER = randomId();
const PRESET: Preset = { name: "Translator", systemPrompt: "Translate.", params: { temperature: 0 } };

function scene(kv: Deno.Kv) {
  const { log, store } = logOn(kv);
  return {
    store,
    log,
    patch: (wanted: Partial<Preferences>, userId = USER) =>
      patchPreferences({ store, append: log.append.bind(log) }, userId, wanted),
    told: async () =>
      (await log.after(userTopic(USER), 0) ?? []).map((
        { type, json },
      ) => [type, JSON.parse(json).preferences]),
  };
}

Deno.test("preferences begin empty, keep what is patched, and are each person's own", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, patch } = scene(kv);
  assertEquals(await readPreferences(store, USER), NO_PREFERENCES);
  assertEquals(await patch({ instructions: "I am a nurse." }), {
    instructions: "I am a nurse.",
    presets: [],
  });
  const both = { instructions: "I am a nurse.", presets: [PRESET] };
  assertEquals(await patch({ presets: [PRESET] }), both);
  assertEquals(await readPreferences(store, USER), both);
  assertEquals(await readPreferences(store, randomId()), NO_PREFERENCES);
});

Deno.test("all tabs are told by the commit that changes them, and of nothing when nothing changes", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, patch, told } = scene(kv);
  await patch({ presets: [] });
  assertEquals([await told(), store.tried.length], [[], 0]);
  const preferences = await patch({ instructions: "One." });
  await patch({ instructions: "One." });
  assertEquals(await told(), [["preferences", preferences]]);
  assertEquals(store.tried.length, 1);
});

for (const fault of ["fail", "lose", "refuse"] as const satisfies Fault[]) {
  Deno.test(`a change whose commit meets "${fault}" is made and told once`, async () => {
    using kv = await Deno.openKv(":memory:");
    const { store, patch, told } = scene(kv);
    store.onCommit = faults(fault);
    const preferences = await patch({ instructions: "One." });
    assertEquals([await readPreferences(store, USER), await told()], [preferences, [[
      "preferences",
      preferences,
    ]]]);
  });
}

Deno.test("two tabs that change different members at once both keep their change", async () => {
  using kv = await Deno.openKv(":memory:");
  const [here, there] = [scene(kv), scene(kv)];
  // After the one has read what there is, and before it reads where its entry goes.
  here.store.onRead = async ([key]) => {
    if (key?.[0] !== "topic") return;
    here.store.onRead = () => {};
    await there.patch({ presets: [PRESET] });
  };
  await here.patch({ instructions: "One." });
  assertEquals(await readPreferences(here.store, USER), { instructions: "One.", presets: [PRESET] });
});

Deno.test("the largest preferences there can be are kept, told, and leave nothing behind when they are emptied", async () => {
  using kv = await Deno.openKv(":memory:");
  const { store, patch, told } = scene(kv);
  // What costs most in JSON, once as a record and once quoted in an entry.
  for (const character of ["\u0001", "漢", '"']) {
    const preset = (n: number): Preset => ({
      name: character.repeat(PRESET_NAME_CHARS_MAX - 2) + n,
      systemPrompt: character.repeat(PRESET_PROMPT_CHARS_MAX),
      params: {
        temperature: 0.1,
        outputTokensMax: 1_000,
        effort: "high",
        stop: Array(4).fill(character.repeat(100)),
      },
      model: "compatible/" + character.repeat(189),
    });
    const largest: Preferences = {
      instructions: character.repeat(INSTRUCTIONS_CHARS_MAX),
      presets: Array.from({ length: PRESETS_MAX }, (_, n) => preset(n)),
    };
    await patch(largest);
    assertEquals(await readPreferences(store, USER), largest);
    assertEquals((await told()).at(-1), ["preferences", largest]);
    await patch(NO_PREFERENCES);
    assertEquals(await readPreferences(store, USER), NO_PREFERENCES);
    assertEquals((await Array.fromAsync(kv.list({ prefix: ["preferences"] }))).length, 1);
  }
});
