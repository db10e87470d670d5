// Markdown as nodes: no HTML string is ever made.
import { Component, type ComponentChild } from "preact";
import { type Blocks, GrowingText } from "./blocks.ts";
import { Finished } from "./finished.ts";
import type { FinishedTexts } from "./finished_texts.ts";
import { sections } from "./Section.tsx";

interface Props {
  text: string;
  /** True while more may come: the tail is healed, and what is final is not read again. */
  streaming: boolean;
  /** It began while the page was there. Of what was there before, all is shown at once, as a server showed it. */
  fresh?: boolean;
}

/** What is added to a page at a time weighs no more: some 50 ms of work on a slow machine. A fast model adds 5. */
const STEP_WEIGHT = 400;
/** What is read at a time of what is new, in characters. */
const STEP_CHARS = 6 * 1024;
/** Between two steps the page is drawn and hears its keys. */
const STEP_MS = 16;

export class Markdown extends Component<Props> {
  static override contextType = Finished;
  readonly #text = new GrowingText();
  /** What was read last, and of what. */
  #read: { text: string; streaming: boolean; blocks: Blocks } | null = null;
  /** The weight of what is shown. */
  #shown = 0;
  #more: ReturnType<typeof setTimeout> | undefined;

  override shouldComponentUpdate(next: Props): boolean {
    return next.text !== this.props.text || next.streaming !== this.props.streaming;
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#more);
  }

  constructor(props: Props) {
    super(props);
    if (props.fresh !== true || !props.streaming) this.#shown = Infinity;
  }

  override render({ text, streaming }: Props): ComponentChild {
    if (this.#read?.text !== text || this.#read.streaming !== streaming || this.#read.blocks.rest) {
      const finished = streaming ? null : this.context as FinishedTexts | null;
      const most = this.#shown === Infinity ? Infinity : STEP_CHARS;
      const blocks = finished?.blocks(text) ?? this.#text.read(text, streaming, most);
      this.#read = { text, streaming, blocks };
    }
    const { nodes, weight, whole } = sections(this.#read.blocks, streaming, this.#shown + STEP_WEIGHT);
    this.#shown = weight;
    clearTimeout(this.#more);
    if (!whole || this.#read.blocks.rest) this.#more = setTimeout(() => this.forceUpdate(), STEP_MS);
    return <>{nodes}</>;
  }
}
