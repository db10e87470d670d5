// Most tokens of an answer.
import { useId } from "preact/hooks";
import { count } from "../../lib/client/figures.ts";
import { LeaveToModel, LEFT } from "./Left.tsx";
import { Setting } from "./Setting.tsx";

interface Props {
  tokens: number | undefined;
  /** The model's name. */
  name: string;
  /** What it can write; null when nobody knows. */
  tokensMax: number | null;
  change(tokens: number | undefined): void;
}

/** Whether a server would take it. */
export function isLength(tokens: number | undefined): boolean {
  return tokens === undefined || (Number.isInteger(tokens) && tokens > 0);
}

export function LongestAnswer({ tokens, name, tokensMax, change }: Props) {
  const id = useId();
  return (
    <Setting
      name="Longest answer"
      for={id}
      hintId={`${id}-hint`}
      hint={tokensMax === null
        ? "In tokens, thoughts included."
        : `In tokens, thoughts included; ${name} writes ${count(tokensMax)} at most.`}
      value={tokens === undefined
        ? LEFT
        : <LeaveToModel name="longest answer" control={id} leave={() => change(undefined)} />}
    >
      <input
        id={id}
        data-setting="output"
        type="number"
        inputmode="numeric"
        min={1}
        max={tokensMax ?? undefined}
        step={1}
        aria-invalid={!isLength(tokens)}
        aria-describedby={`${id}-hint`}
        value={tokens === undefined ? "" : `${tokens}`}
        onInput={(event) => {
          const { value, valueAsNumber } = event.currentTarget;
          change(value === "" ? undefined : valueAsNumber);
        }}
      />
      {!isLength(tokens) && <p class="note danger" role="alert">A whole number of tokens, from 1.</p>}
    </Setting>
  );
}
