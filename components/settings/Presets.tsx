// Settings that a person keeps under a name, for this and other conversations.
import { useId, useState } from "preact/hooks";
import { nameOf } from "../../lib/client/catalog.ts";
import { count } from "../../lib/client/figures.ts";
import type { OwnPreferences } from "../../lib/client/own_preferences.ts";
import type { Setup } from "../../lib/client/setup.ts";
import type { Model } from "../../lib/protocol/model.ts";
import {
  PRESET_NAME_CHARS_MAX,
  PRESET_PROMPT_CHARS_MAX,
  PRESETS_MAX,
} from "../../lib/protocol/preferences.ts";
import { ErrorNote } from "../ErrorNote.tsx";
import { CloseIcon } from "../Icons.tsx";
import { isComposing } from "../../lib/client/composition.ts";

interface Props {
  setup: Setup;
  preferences: OwnPreferences;
  model: string;
  models: readonly Model[];
  say(status: string): void;
}

export function Presets({ setup, preferences, model, models, say }: Props) {
  const id = useId();
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const [withModel, setWithModel] = useState(false);
  const { presets } = preferences.value.value;
  const { systemPrompt, params } = setup.shown.value;
  const saving = preferences.saving.value;
  const failure = preferences.failure.value;
  const replaces = presets.some((preset) => preset.name === name.trim());
  const refused = systemPrompt.length > PRESET_PROMPT_CHARS_MAX
    ? `A preset's system prompt has ${count(PRESET_PROMPT_CHARS_MAX)} characters at most; this one has ${
      count(systemPrompt.length)
    }.`
    : presets.length >= PRESETS_MAX && !replaces
    ? `There are ${PRESETS_MAX} presets already. Delete one, or use its name.`
    : null;
  const keep = async () => {
    if (name.trim() === "" || refused !== null || saving) return;
    const preset = { name: name.trim(), systemPrompt, params, ...(withModel ? { model } : {}) };
    if (!await preferences.keep(preset)) return;
    say(`Preset ${preset.name} saved.`);
    setNaming(false);
    setName("");
  };
  return (
    <section class="setting presets">
      <div class="setting-head">
        <h3>Presets</h3>
        {!naming && (
          <button
            type="button"
            class="small"
            data-action="new-preset"
            onClick={() => setNaming(true)}
          >
            Save as preset…
          </button>
        )}
      </div>
      {presets.length === 0 && !naming && <p class="note">None yet.</p>}
      {presets.length > 0 && (
        <ul class="chips">
          {presets.map((preset) => (
            <li key={preset.name} class="chip" data-preset={preset.name}>
              <button type="button" data-action="use-preset" onClick={() => setup.use(preset)}>
                {preset.name}
              </button>
              <button
                type="button"
                class="icon"
                title="Delete"
                data-action="delete-preset"
                disabled={saving}
                onClick={async () => {
                  if (await preferences.forget(preset.name)) say(`Preset ${preset.name} deleted.`);
                }}
              >
                <CloseIcon />
                <span class="sr-only">Delete {preset.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {naming && (
        <>
          <div class="add">
            <input
              aria-label="Name of the preset"
              placeholder="Name"
              data-setting="preset-name"
              maxLength={PRESET_NAME_CHARS_MAX}
              autofocus
              value={name}
              aria-describedby={refused === null ? undefined : `${id}-refused`}
              onInput={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || isComposing(event)) return;
                event.preventDefault(); // it keeps the preset, and does not save the chat
                void keep();
              }}
            />
            <button
              type="button"
              data-action="save-preset"
              disabled={name.trim() === "" || refused !== null || saving}
              onClick={() => void keep()}
            >
              {replaces ? "Replace" : "Save"}
            </button>
            <button type="button" onClick={() => setNaming(false)}>Cancel</button>
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={withModel}
              onChange={(event) => setWithModel(event.currentTarget.checked)}
            />
            With the model, {nameOf(models, model)}
          </label>
          {refused !== null && <p id={`${id}-refused`} class="note danger">{refused}</p>}
        </>
      )}
      {failure !== null && <ErrorNote failure={failure} />}
    </section>
  );
}
