// Markdown as nodes: no HTML string is ever made.
import { Component, type ComponentChild } from "preact";
import { GrowingText } from "./blocks.ts";
import { Finished } from "./finished.ts";
import type { FinishedTexts } from "./finished_texts.ts";
import { sections } from "./Section.tsx";

interface Props {
  text: string;
  /** True while more may come: the tail is healed, and what is final is not read again. */
  streaming: boolean;
}

export class Markdown extends Component<Props> {
  static override contextType = Finished;
  readonly #text = new GrowingText();

  override shouldComponentUpdate(next: Props): boolean {
    return next.text !== this.props.text || next.streaming !== this.props.streaming;
  }

  override render({ text, streaming }: Props): ComponentChild {
    const finished = streaming ? null : this.context as FinishedTexts | null;
    return <>{sections(finished?.blocks(text) ?? this.#text.read(text, streaming), streaming)}</>;
  }
}
