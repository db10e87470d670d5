// A dialog over the page. The browser keeps the focus in it, closes it on Escape and gives the focus back.
import { Component, type ComponentChildren, createRef } from "preact";

interface Props {
  class: string;
  /** Its name. */
  label: string;
  /** It was closed, by whatever. */
  closed(): void;
  children: (close: () => void) => ComponentChildren;
}

export class Dialog extends Component<Props> {
  readonly #dialog = createRef<HTMLDialogElement>();

  override componentDidMount(): void {
    this.#dialog.current?.showModal();
  }

  readonly #close = () => this.#dialog.current?.close();

  override render({ class: name, label, closed, children }: Props) {
    return (
      <dialog
        ref={this.#dialog}
        class={name}
        aria-label={label}
        onClose={closed}
        // What surrounds it belongs to it, and a press there means: away with it.
        onClick={(event) => event.target === event.currentTarget && this.#close()}
      >
        {children(this.#close)}
      </dialog>
    );
  }
}
