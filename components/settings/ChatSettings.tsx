// How this conversation is asked. Nothing is written until it is saved, and nothing typed is lost until it is given up.
import { useId } from "preact/hooks";
import { modelOf, nameOf } from "../../lib/client/catalog.ts";
import { count } from "../../lib/client/figures.ts";
import { SYSTEM_PROMPT_CHARS_MAX } from "../../lib/protocol/api.ts";
import { UNKNOWN_ABILITIES } from "../../lib/protocol/model.ts";
import type { Params } from "../../lib/protocol/params.ts";
import { EffortChoice } from "./EffortChoice.tsx";
import { FallbackOrder } from "./FallbackOrder.tsx";
import { isLength, LongestAnswer } from "./LongestAnswer.tsx";
import { Presets } from "./Presets.tsx";
import { SaveBar } from "./SaveBar.tsx";
import { Setting } from "./Setting.tsx";
import type { SettingsProps } from "./SettingsDialog.tsx";
import { Stops } from "./Stops.tsx";
import { Temperature } from "./Temperature.tsx";

export function ChatSettings(props: SettingsProps & { close(): void }) {
  const { setup, preferences, models, begun, say, close } = props;
  const id = useId();
  const { systemPrompt, params, fallbacks, model: chosen = props.model } = setup.shown.value;
  const model = modelOf(models.models, chosen);
  const name = nameOf(models.models, chosen);
  const abilities = model?.abilities ?? UNKNOWN_ABILITIES;
  /** A member that is undefined is left to the model. */
  const set = (change: Partial<Params>) => {
    const next = Object.entries({ ...params, ...change }).filter(([, value]) => value !== undefined);
    setup.change({ params: Object.fromEntries(next) });
  };
  const refused = (ability: boolean | null, what: string) =>
    ability === false ? `${name} takes no ${what}.` : null;
  const tooLong = systemPrompt.length > SYSTEM_PROMPT_CHARS_MAX;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!await setup.save()) return;
    say(begun ? "Settings saved." : "Settings kept for the first message.");
    close();
  };
  return (
    <form onSubmit={save} noValidate>
      <div class="scroll">
        <Presets setup={setup} preferences={preferences} model={chosen} models={models.models} say={say} />
        {setup.edits.value.model !== undefined && (
          <p class="note">The model becomes {name} when this is saved.</p>
        )}
        <Setting
          name="System prompt"
          for={id}
          hintId={`${id}-hint`}
          hint="Said to the model before this conversation. It is never part of it."
          value={systemPrompt.length > SYSTEM_PROMPT_CHARS_MAX * 0.9
            ? `${count(systemPrompt.length)} of ${count(SYSTEM_PROMPT_CHARS_MAX)}`
            : undefined}
        >
          <textarea
            id={id}
            data-setting="system-prompt"
            rows={5}
            aria-describedby={`${id}-hint`}
            aria-invalid={tooLong}
            placeholder="You are…"
            value={systemPrompt}
            onInput={(event) => setup.change({ systemPrompt: event.currentTarget.value })}
          />
        </Setting>
        <Temperature
          temperature={params.temperature}
          unavailable={refused(abilities.temperature, "temperature")}
          change={(temperature) => set({ temperature })}
        />
        <EffortChoice
          effort={params.effort}
          name={name}
          abilities={abilities}
          change={(effort) => set({ effort })}
        />
        <LongestAnswer
          tokens={params.outputTokensMax}
          name={name}
          tokensMax={model?.outputTokensMax ?? null}
          change={(outputTokensMax) => set({ outputTokensMax })}
        />
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
      <SaveBar
        what="settings"
        changed={setup.changed.value}
        valid={isLength(params.outputTokensMax) && !tooLong}
        saving={setup.saving.value}
        failure={setup.failure.value}
        unsaved={begun ? "Not saved yet." : "They go along with the first message."}
        discard={() => setup.discard()}
      />
    </form>
  );
}
