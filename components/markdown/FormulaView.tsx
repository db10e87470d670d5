// A formula: its source, until there is something that can set it.
import { Component, type ComponentChild } from "preact";
import { whenIdle } from "./idle.ts";
import type { Formula } from "./math.ts";
import type { typeset as Typeset } from "./typeset.ts";

interface Props {
  formula: Formula;
}

/** Longer ones scroll by themselves: a line of a formula cannot be broken. */
const SHORT_CHARS = 24;

/** So many are set as they are drawn, in some milliseconds; a text with thousands must not stop the page for all of them. */
const AT_ONCE = 30;
let setAtOnce = 0;
const waiting = new Set<FormulaView>();

/** Sets some of those that wait, and leaves the others to the next time that the page is idle. */
function setWaiting(): void {
  setAtOnce = 0;
  for (const view of [...waiting].slice(0, AT_ONCE)) {
    waiting.delete(view);
    view.forceUpdate();
  }
  if (waiting.size > 0) whenIdle(setWaiting);
}

/** Loaded with the first formula; most pages have none. */
let typeset: typeof Typeset | null = null;
let loading: Promise<void> | null = null;

function load(): Promise<void> {
  loading ??= import("./typeset.ts").then(
    (module) => void (typeset = module.typeset),
    () => void (loading = null), // the network is gone: the source is readable, and the next formula tries again
  );
  return loading;
}

export class FormulaView extends Component<Props> {
  #gone = false;
  #set: { text: string; display: boolean; nodes: ComponentChild } | null = null;

  override shouldComponentUpdate({ formula: next }: Props): boolean {
    const { formula } = this.props;
    return next.text !== formula.text || next.open !== formula.open || next.display !== formula.display;
  }

  override componentDidMount(): void {
    this.#prepare();
  }

  override componentDidUpdate(): void {
    this.#prepare();
  }

  override componentWillUnmount(): void {
    this.#gone = true;
    waiting.delete(this);
  }

  #prepare(): void {
    if (this.props.formula.open || this.#set?.text === this.props.formula.text) return;
    if (typeset === null) load().then(() => this.#gone || typeset === null || this.forceUpdate());
    else if (waiting.add(this).size === 1) whenIdle(setWaiting);
  }

  /** Null while it cannot be set, or for ever when it is no formula. */
  #nodes({ text, display, open }: Formula): ComponentChild {
    if (typeset === null || open) return null;
    if (this.#set?.text === text && this.#set.display === display) return this.#set.nodes;
    if (++setAtOnce > AT_ONCE) return null;
    this.#set = { text, display, nodes: typeset(text, display) };
    return this.#set.nodes;
  }

  override render({ formula }: Props) {
    const { text, display } = formula;
    const nodes = this.#nodes(formula);
    const kind = display ? "math" : text.length > SHORT_CHARS ? "formula long" : "formula";
    return (
      <span class={kind} data-formula={nodes === null ? "source" : "set"} dir="ltr">
        {nodes ?? <code key="source">{text}</code>}
      </span>
    );
  }
}
