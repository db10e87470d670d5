// How much a model varies what it says.
import { useId } from "preact/hooks";
import { LeaveToModel, LEFT } from "./Left.tsx";
import { Setting } from "./Setting.tsx";

interface Props {
  temperature: number | undefined;
  unavailable: string | null;
  change(temperature: number | undefined): void;
}

/** Where the thumb stands while nothing is set: the value that most models use. */
const SHOWN = 1;

export function Temperature({ temperature, unavailable, change }: Props) {
  const id = useId();
  return (
    <Setting
      name="Temperature"
      for={id}
      hintId={`${id}-hint`}
      unavailable={unavailable}
      hint="Lower is steadier, higher is more varied."
      value={
        <>
          {temperature ?? LEFT}
          {temperature !== undefined && (
            <LeaveToModel
              name="temperature"
              control={id}
              leave={() => change(undefined)}
            />
          )}
        </>
      }
    >
      <input
        id={id}
        data-setting="temperature"
        type="range"
        min={0}
        max={2}
        step={0.1}
        disabled={unavailable !== null}
        data-unset={temperature === undefined}
        aria-valuetext={temperature === undefined ? LEFT : `${temperature}`}
        aria-describedby={`${id}-hint`}
        value={temperature ?? SHOWN}
        onInput={(event) => change(event.currentTarget.valueAsNumber)}
      />
    </Setting>
  );
}
