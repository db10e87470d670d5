// A button that copies a text and says that it did.
import { Component } from "preact";
import { CheckIcon, CopyIcon } from "./Icons.tsx";

interface Props {
  text: string;
  label: string;
  action: string;
}

/** Long enough to be seen, short enough to copy again. */
const DONE_MS = 2_000;

export class CopyButton extends Component<Props, { said: "" | "Copied" | "Copying failed" }> {
  override state: { said: "" | "Copied" | "Copying failed" } = { said: "" };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The text is read when the button is pressed: it may have grown since it was drawn. */
  readonly #copy = async () => {
    const copied = await copy(this.props.text);
    clearTimeout(this.#timer);
    this.setState({ said: copied ? "Copied" : "Copying failed" });
    this.#timer = setTimeout(() => this.setState({ said: "" }), DONE_MS);
  };

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  override render({ label, action }: Props) {
    const { said } = this.state;
    return (
      <button type="button" class="icon" data-action={action} onClick={this.#copy} title={said || label}>
        {said === "Copied" ? <CheckIcon /> : <CopyIcon />}
        <span class="sr-only" aria-live="polite">{said || label}</span>
      </button>
    );
  }
}

/** Copies by the clipboard, or by a selection where pages on plain http have no clipboard. */
async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // the permission was denied; the older way asks for none
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "sr-only";
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
