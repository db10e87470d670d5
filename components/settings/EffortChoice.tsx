// How much a model thinks before it answers: the efforts that it takes, and its own decision.
import { useId } from "preact/hooks";
import type { Abilities } from "../../lib/protocol/model.ts";
import { type Effort, EFFORTS } from "../../lib/protocol/params.ts";
import { Setting } from "./Setting.tsx";

interface Props {
  effort: Effort | undefined;
  /** The model's name. */
  name: string;
  abilities: Abilities;
  change(effort: Effort | undefined): void;
}

const NAMES: Record<Effort, string> = {
  none: "None",
  minimal: "Minimal",
  low: "Low",
  medium: "Medium",
  high: "High",
  xhigh: "Very high",
  max: "Most",
};

export function EffortChoice({ effort, name, abilities, change }: Props) {
  const id = useId();
  const unavailable = abilities.reasoning === false
    ? `${name} does not think before it answers.`
    : abilities.efforts?.length === 0
    ? `${name} decides by itself how much it thinks.`
    : null;
  return (
    <fieldset class="plain" disabled={unavailable !== null}>
      <Setting
        name="Reasoning effort"
        hintId={`${id}-hint`}
        unavailable={unavailable}
        hint="How much it thinks before it answers. Thoughts cost as much as answers."
      >
        <div class="segments" role="radiogroup" aria-labelledby={`${id}-hint-name`}>
          {[undefined, ...(abilities.efforts ?? EFFORTS)].map((one) => (
            <label key={one ?? ""}>
              <input
                type="radio"
                name={id}
                data-setting="effort"
                value={one ?? ""}
                checked={effort === one}
                onChange={() => change(one)}
              />
              <span>{one === undefined ? "Model decides" : NAMES[one]}</span>
            </label>
          ))}
        </div>
        {effort !== undefined && abilities.efforts?.includes(effort) === false && (
          <p class="note">{NAMES[effort]} is set, which {name} does not take: it will decide.</p>
        )}
      </Setting>
    </fieldset>
  );
}
