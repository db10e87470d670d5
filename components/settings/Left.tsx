// What is not set is left to the model: the word for it, and the button that leaves it again.
interface Props {
  /** Of what is left to the model. */
  name: string;
  /** The id of its control. */
  control: string;
  leave(): void;
}

export const LEFT = "left to the model";

export function LeaveToModel({ name, control, leave }: Props) {
  return (
    <button
      type="button"
      class="small"
      aria-label={`Leave it to the model: ${name}`}
      onClick={() => {
        document.getElementById(control)?.focus(); // this button goes
        leave();
      }}
    >
      Leave it to the model
    </button>
  );
}
