// One setting: its name, what it is set to, and why it cannot be set where it cannot.
import type { ComponentChildren } from "preact";

interface Props {
  name: string;
  /** Of the control within, when it is one that a label can name. */
  for?: string;
  /** Said beside the name. */
  value?: ComponentChildren;
  /** What it is good for; in its place, why it is not available. */
  hint?: string;
  unavailable?: string | null;
  /** Names the hint, for `aria-describedby`. */
  hintId: string;
  children: ComponentChildren;
}

export function Setting({ name, for: target, value, hint, unavailable = null, hintId, children }: Props) {
  return (
    <section class="setting" data-unavailable={unavailable !== null}>
      <div class="setting-head">
        {target === undefined
          ? <h3 id={`${hintId}-name`}>{name}</h3>
          : <label id={`${hintId}-name`} for={target}>{name}</label>}
        {value !== undefined && <span class="value">{value}</span>}
      </div>
      {children}
      {(unavailable ?? hint) !== undefined && <p id={hintId} class="note">{unavailable ?? hint}</p>}
    </section>
  );
}
