// The title of the open conversation, while it is being changed. Enter and leaving it keep it, Escape does not.
import { Component, createRef } from "preact";
import { TITLE_CHARS_MAX } from "../lib/protocol/api.ts";
import { isComposing } from "../lib/client/composition.ts";

interface Props {
  title: string;
  /** null: as it was. */
  done(title: string | null, byKey: boolean): void;
}

export class HeadTitle extends Component<Props> {
  readonly #field = createRef<HTMLInputElement>();
  #ended = false;

  override componentDidMount(): void {
    this.#field.current?.focus();
    this.#field.current?.select();
  }

  /** Enter and Escape take the field away, which is a blur too: the first of them counts. */
  #end(title: string | null, byKey: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.props.done(title, byKey);
  }

  override render({ title }: Props) {
    return (
      <input
        ref={this.#field}
        class="rename head-title"
        aria-label="Title"
        defaultValue={title}
        maxLength={TITLE_CHARS_MAX}
        onBlur={(event) => this.#end(event.currentTarget.value, false)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          event.stopPropagation();
          if (event.key !== "Enter" && event.key !== "Escape") return;
          // The key is not for the button that has the focus then.
          event.preventDefault();
          this.#end(event.key === "Enter" ? event.currentTarget.value : null, true);
        }}
      />
    );
  }
}
