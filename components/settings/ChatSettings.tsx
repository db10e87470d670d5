// How this conversation is asked. Nothing is written until it is saved, and nothing typed is lost until it is given up.
import { useId } from "preact/hooks";
import { modelOf, nameOf } from "../../lib/client/catalog.ts";
import { count } from "../../lib/client/figures.ts";
import { SYSTEM_PROMPT_CHARS_MAX } from "../../lib/protocol/api.ts";
import { UNKNOWN_ABILITIES } from "../../lib/protocol/model.ts";
import { type Effort, EFFORTS, type Params } from "../../lib/protocol/params.ts";
import { ErrorNote } from "../ErrorNote.tsx";
import { FallbackOrder } from "./FallbackOrder.tsx";
import { Presets } from "./Presets.tsx";
import { Setting } from "./Setting.tsx";
import type { SettingsProps } from "./SettingsDialog.tsx";
import { Stops } from "./Stops.tsx";

const LEFT = "left to the model";
/** Where the thumb stands while nothing is set; the value most models use. */
const TEMPERATURE_SHOWN = 1;

const EFFORT_NAMES: Record<Effort, string> = {
  none: "None",
  minimal: "Minimal",
  low: "Low",
  medium: "Medium",
  high: "High",
  xhigh: "Very high",
  max: "Most",
};

export function ChatSettings(props: SettingsProps & { close(): void }) {
  const { setup, preferences, models, begun, say, close } = props;
  const id = useId();
  const { systemPrompt, params, fallbacks, model: chosen = props.model } = setup.shown.value;
  const model = modelOf(models.models, chosen);
  const name = nameOf(models.models, chosen);
  const abilities = model?.abilities ?? UNKNOWN_ABILITIES;
  const changed = setup.changed.value;
  const saving = setup.saving.value;
  const failure = setup.failure.value;
  /** A member that is undefined is left to the model. */
  const set = (change: Partial<Params>) => {
    const next = Object.entries({ ...params, ...change }).filter(([, value]) => value !== undefined);
    setup.change({ params: Object.fromEntries(next) });
  };
  const refused = (ability: boolean | null, what: string) =>
    ability === false ? `${name} takes no ${what}.` : null;
  const outputMax = model?.outputTokensMax ?? null;
  const badOutput = params.outputTokensMax !== undefined &&
    !(Number.isInteger(params.outputTokensMax) && params.outputTokensMax > 0);
  const tooLong = systemPrompt.length > SYSTEM_PROMPT_CHARS_MAX;
  const thinks = abilities.reasoning === false
    ? `${name} does not think before it answers.`
    : abilities.efforts?.length === 0
    ? `${name} decides by itself how much it thinks.`
    : null;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!await setup.save()) return;
    say(begun ? "Settings saved." : "Settings kept for the first message.");
    close();
  };
  const leave = (label: string, is: boolean, member: keyof Params, control: string) =>
    is && (
      <button
        type="button"
        class="small"
        aria-label={`Leave it to the model: ${label}`}
        onClick={() => {
          document.getElementById(control)?.focus(); // this button goes
          set({ [member]: undefined });
        }}
      >
        Leave it to the model
      </button>
    );
  return (
    <form onSubmit={save} noValidate>
      <div class="scroll">
        <Presets setup={setup} preferences={preferences} model={chosen} models={models.models} say={say} />
        {setup.edits.value.model !== undefined && (
          <p class="note">The model becomes {name} when this is saved.</p>
        )}
        <Setting
          name="System prompt"
          for={`${id}-prompt`}
          hintId={`${id}-prompt-hint`}
          hint="Said to the model before this conversation. It is never part of it."
          value={systemPrompt.length > SYSTEM_PROMPT_CHARS_MAX * 0.9
            ? `${count(systemPrompt.length)} of ${count(SYSTEM_PROMPT_CHARS_MAX)}`
            : undefined}
        >
          <textarea
            id={`${id}-prompt`}
            data-setting="system-prompt"
            rows={5}
            aria-describedby={`${id}-prompt-hint`}
            aria-invalid={tooLong}
            placeholder="You are…"
            value={systemPrompt}
            onInput={(event) => setup.change({ systemPrompt: event.currentTarget.value })}
          />
        </Setting>
        <Setting
          name="Temperature"
          for={`${id}-temperature`}
          hintId={`${id}-temperature-hint`}
          unavailable={refused(abilities.temperature, "temperature")}
          hint="Lower is steadier, higher is more varied."
          value={
            <>
              {params.temperature ?? LEFT}
              {leave("temperature", params.temperature !== undefined, "temperature", `${id}-temperature`)}
            </>
          }
        >
          <input
            id={`${id}-temperature`}
            data-setting="temperature"
            type="range"
            min={0}
            max={2}
            step={0.1}
            disabled={abilities.temperature === false}
            data-unset={params.temperature === undefined}
            aria-valuetext={params.temperature === undefined ? LEFT : `${params.temperature}`}
            aria-describedby={`${id}-temperature-hint`}
            value={params.temperature ?? TEMPERATURE_SHOWN}
            onInput={(event) => set({ temperature: event.currentTarget.valueAsNumber })}
          />
        </Setting>
        <fieldset class="plain" disabled={thinks !== null}>
          <Setting
            name="Reasoning effort"
            hintId={`${id}-effort-hint`}
            unavailable={thinks}
            hint="How much it thinks before it answers. Thoughts cost as much as answers."
          >
            <div class="segments" role="radiogroup" aria-labelledby={`${id}-effort-hint-name`}>
              {[undefined, ...(abilities.efforts ?? EFFORTS)].map((effort) => (
                <label key={effort ?? ""}>
                  <input
                    type="radio"
                    name={`${id}-effort`}
                    data-setting="effort"
                    value={effort ?? ""}
                    checked={params.effort === effort}
                    onChange={() => set({ effort })}
                  />
                  <span>{effort === undefined ? "Model decides" : EFFORT_NAMES[effort]}</span>
                </label>
              ))}
            </div>
          </Setting>
          {params.effort !== undefined && abilities.efforts?.includes(params.effort) === false && (
            <p class="note">
              {EFFORT_NAMES[params.effort]} is set, which {name} does not take: it will decide.
            </p>
          )}
        </fieldset>
        <Setting
          name="Longest answer"
          for={`${id}-output`}
          hintId={`${id}-output-hint`}
          hint={outputMax === null
            ? "In tokens, thoughts included."
            : `In tokens, thoughts included; ${name} writes ${count(outputMax)} at most.`}
          value={params.outputTokensMax === undefined
            ? LEFT
            : leave("longest answer", true, "outputTokensMax", `${id}-output`)}
        >
          <input
            id={`${id}-output`}
            data-setting="output"
            type="number"
            inputmode="numeric"
            min={1}
            max={outputMax ?? undefined}
            step={1}
            aria-invalid={badOutput}
            aria-describedby={`${id}-output-hint`}
            value={params.outputTokensMax === undefined ? "" : `${params.outputTokensMax}`}
            onInput={(event) => {
              const { value, valueAsNumber } = event.currentTarget;
              set({ outputTokensMax: value === "" ? undefined : valueAsNumber });
            }}
          />
          {badOutput && <p class="note danger" role="alert">A whole number of tokens, from 1.</p>}
        </Setting>
        <Stops
          stops={params.stop ?? []}
          unavailable={refused(abilities.stop, "texts to stop at")}
          change={(stop) => set({ stop: stop.length === 0 ? undefined : stop })}
        />
        <FallbackOrder
          fallbacks={fallbacks}
          model={chosen}
          models={models}
          change={(fallbacks) => setup.change({ fallbacks })}
        />
      </div>
      <footer>
        {failure !== null && <ErrorNote failure={failure} />}
        <p class="note" role="status">
          {!changed ? "" : begun ? "Not saved yet." : "They go along with the first message."}
        </p>
        <div class="row">
          <button
            type="submit"
            class="primary"
            data-action="save-settings"
            disabled={saving || !changed || badOutput || tooLong}
          >
            {saving ? "Saving…" : "Save"}
          </button>
          <button
            type="button"
            data-action="discard-settings"
            disabled={saving || !changed}
            onClick={() => setup.discard()}
          >
            Discard changes
          </button>
        </div>
      </footer>
    </form>
  );
}
