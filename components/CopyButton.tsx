// A button that copies a text and says that it did.
import { Component } from "preact";
import { CheckIcon, CopyIcon } from "./Icons.tsx";

interface Props {
  text: string;
  label: string;
  action: string;
  /** The same for programs that know HTML, given the button; null when there is none. */
  rich?: (button: Element) => string | null;
}

/** Long enough to be seen, short enough to copy again. */
const DONE_MS = 2_000;

export class CopyButton extends Component<Props, { said: "" | "Copied" | "Copying failed" }> {
  override state: { said: "" | "Copied" | "Copying failed" } = { said: "" };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The text is read when the button is pressed: it may have grown since it was drawn. */
  readonly #copy = async (event: MouseEvent) => {
    const { text, rich } = this.props;
    const button = event.currentTarget as Element;
    const copied = await copyText(text, rich?.(button) ?? null);
    clearTimeout(this.#timer);
    const said = copied ? "Copied" : "Copying failed";
    this.setState({ said });
    // A live region of its own would be one more for each block of code that appears.
    button.dispatchEvent(new CustomEvent("say", { bubbles: true, detail: said }));
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
        <span class="sr-only">{said || label}</span>
      </button>
    );
  }
}

/** Copies by the clipboard, or by a selection where pages on plain http have no clipboard. */
export async function copyText(text: string, html: string | null): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      if (html === null || typeof ClipboardItem === "undefined") await navigator.clipboard.writeText(text);
      else await navigator.clipboard.write([new ClipboardItem({ "text/plain": text, "text/html": html })]);
      return true;
    } catch {
      // the permission was denied; the older way asks for none
    }
  }
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    if (html !== null) event.clipboardData?.setData("text/html", html);
    event.preventDefault();
  };
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "sr-only";
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  document.addEventListener("copy", fill);
  const copied = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
