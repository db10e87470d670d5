// One setting with a few values, all of them in view.
import { useId } from "preact/hooks";

interface Props<Value extends string> {
  name: string;
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  hint?: string;
  /** Why the last choice could not be had. */
  refused?: string | null;
  change(value: Value): void;
}

export function Choice<Value extends string>(props: Props<Value>) {
  const { name, label, value, options, hint, refused = null, change } = props;
  const id = useId();
  return (
    <div
      class="preference"
      role="radiogroup"
      aria-labelledby={`${id}-name`}
      aria-describedby={hint === undefined ? undefined : `${id}-hint`}
    >
      <div>
        <p id={`${id}-name`}>{label}</p>
        {hint !== undefined && <p id={`${id}-hint`} class="note">{hint}</p>}
      </div>
      <div class="segments">
        {options.map(([option, text]) => (
          <label key={option}>
            <input
              type="radio"
              name={id}
              data-setting={name}
              value={option}
              checked={option === value}
              onChange={(event) => {
                // What was not changed is still what is chosen.
                event.currentTarget.checked = option === value;
                change(option);
              }}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
      {refused !== null && <p class="note danger" role="status">{refused}</p>}
    </div>
  );
}
