// A block of code: its language, its text, and buttons that wrap, save and copy it, also while it grows.
//   L1  The text grows in place and is coloured once, when it is whole and the page has time. Lines stay where they are.
//   L2  A server draws it plain, and so does the first paint of a browser: both say the same.
import { Component, type ComponentChild, createRef } from "preact";
import { CopyButton } from "../CopyButton.tsx";
import { DownloadIcon, WrapIcon } from "../Icons.tsx";
import { whenIdle } from "./idle.ts";
import { type Ends, endsWithin, restore } from "./selection.ts";
import { Text } from "./text.ts";

interface Props {
  language: string;
  source: string;
  /** Nothing will be added. */
  closed: boolean;
}

interface State {
  wrap: boolean;
  /** The nodes of a source in colour. */
  coloured: { source: string; nodes: ComponentChild[] } | null;
}

/** Longer code is read by machines; colouring it would stop the page for longer than a blink. */
const COLOUR_CHARS_MAX = 30_000;
/** Longer lines are no writing either, and grammars look at some of them once for each of their characters. */
const LONG_LINE = /[^\n]{2000}/;
/** What says that there is nothing to colour. */
const PLAIN = new Set(["", "text", "txt", "plain", "plaintext", "none"]);

export class Fence extends Component<Props, State> {
  override state: State = { wrap: false, coloured: null };
  readonly #code = createRef<HTMLElement>();
  /** What is being coloured, or was, with whatever success. */
  #tried: string | null = null;
  #cancel = () => {};

  override componentDidMount(): void {
    this.#colour();
  }

  override getSnapshotBeforeUpdate(): Ends | null {
    return this.#code.current === null ? null : endsWithin(this.#code.current);
  }

  override componentDidUpdate(_props: Props, _state: State, selected: Ends | null): void {
    if (selected !== null && this.#code.current !== null) restore(this.#code.current, selected);
    this.#colour();
  }

  override componentWillUnmount(): void {
    this.#cancel();
  }

  #colour(): void {
    const { language, source, closed } = this.props;
    if (!closed || source.length > COLOUR_CHARS_MAX || PLAIN.has(language.toLowerCase())) return;
    const what = `${language}\n${source}`;
    if (this.#tried === what || LONG_LINE.test(source)) return;
    this.#cancel();
    this.#tried = what;
    let wanted = true;
    const stop = whenIdle(async () => {
      const { grammarOf, highlight } = await import("./highlight.ts");
      const grammar = await grammarOf(language);
      if (grammar === null || !wanted) return;
      const stopAgain = whenIdle(() => {
        const nodes = highlight(source, grammar);
        if (nodes !== null) this.setState({ coloured: { source, nodes } });
      });
      this.#cancel = stopAgain;
    }, () => this.#tried = null); // not loaded: the text is readable, and the next change tries again
    this.#cancel = () => {
      wanted = false;
      stop();
    };
  }

  readonly #wrap = () => this.setState({ wrap: !this.state.wrap });

  readonly #download = async () => {
    const { language, source } = this.props;
    const { save } = await import("./save.ts");
    save(source, language);
  };

  override render({ language, source }: Props, { wrap, coloured }: State) {
    return (
      <figure class="fence">
        <figcaption>
          <span>{language || "text"}</span>
          <button
            type="button"
            class="icon"
            data-action="wrap-code"
            aria-pressed={wrap}
            onClick={this.#wrap}
            title="Wrap long lines"
          >
            <WrapIcon />
            <span class="sr-only">Wrap long lines</span>
          </button>
          <button
            type="button"
            class="icon"
            data-action="download-code"
            onClick={this.#download}
            title="Download code"
          >
            <DownloadIcon />
            <span class="sr-only">Download code</span>
          </button>
          <CopyButton text={source} label="Copy code" action="copy-code" />
        </figcaption>
        <pre tabIndex={0} dir="ltr" data-wrap={wrap || undefined}>
          <code ref={this.#code} data-language={language || undefined}>
            {coloured?.source === source ? coloured.nodes : <Text key="plain" text={source} />}
          </code>
        </pre>
      </figure>
    );
  }
}
