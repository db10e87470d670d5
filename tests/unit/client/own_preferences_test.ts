import { assert, assertEquals } from "@std/assert";
import { ClientError } from "@/lib/client/api.ts";
import { OwnPreferences } from "@/lib/client/own_preferences.ts";
import type { PatchPreferences } from "@/lib/protocol/api.ts";
import { NO_PREFERENCES, type Preferences } from "@/lib/protocol/preferences.ts";

const preset = (name: string, systemPrompt = "") => ({ name, systemPrompt, params: {} });

function own() {
  let kept: Preferences = NO_PREFERENCES;
  const patches: PatchPreferences[] = [];
  const server = { fails: false };
  const answer = () =>
    server.fails
      ? Promise.reject(new ClientError({ code: "internal", detail: "It broke.", status: 500 }))
      : Promise.resolve(kept);
  const preferences = new OwnPreferences({
    patchPreferences: (patch) => {
      patches.push(patch);
      if (!server.fails) kept = { ...kept, ...patch };
      return answer();
    },
  });
  return { preferences, patches, server };
}

Deno.test("X6: instructions are written when they are saved, and shown from then on", async () => {
  const { preferences, patches } = own();
  preferences.type("I live in Lisbon.");
  assertEquals([preferences.instructions.value, preferences.value.value.instructions], [
    "I live in Lisbon.",
    "",
  ]);
  assert(await preferences.saveInstructions());
  assertEquals(patches, [{ instructions: "I live in Lisbon." }]);
  assertEquals([preferences.words.value, preferences.instructions.value], [null, "I live in Lisbon."]);
  preferences.type("x");
  preferences.type("I live in Lisbon.");
  assert(await preferences.saveInstructions());
  assertEquals(patches.length, 1);
});

Deno.test("T1: words that could not be saved are still there, with the reason", async () => {
  const { preferences, server } = own();
  server.fails = true;
  preferences.type("My words");
  assert(!await preferences.saveInstructions());
  assertEquals([preferences.instructions.value, preferences.failure.value?.detail], [
    "My words",
    "It broke.",
  ]);
  server.fails = false;
  assert(await preferences.saveInstructions());
  assertEquals(preferences.failure.value, null);
});

Deno.test("P4: a preset is added, replaced by one of its name, and forgotten", async () => {
  const { preferences } = own();
  await preferences.keep(preset("Teacher"));
  await preferences.keep(preset("Terse"));
  await preferences.keep(preset("Teacher", "Be patient."));
  assertEquals(preferences.value.value.presets.map(({ name, systemPrompt }) => [name, systemPrompt]), [
    ["Teacher", "Be patient."],
    ["Terse", ""],
  ]);
  assert(await preferences.forget("Teacher"));
  assertEquals(preferences.value.value.presets.map(({ name }) => name), ["Terse"]);
});

Deno.test("what another tab saved shows here, and leaves alone what is being typed here", () => {
  const { preferences } = own();
  preferences.type("Mine");
  const theirs = { instructions: "Theirs", presets: [preset("New")] };
  preferences.apply({ type: "preferences", id: 4, topic: "user", data: { preferences: theirs } });
  assertEquals([preferences.instructions.value, preferences.value.value], ["Mine", theirs]);
});
