// Some blocks after one another. A long answer has hundreds: only the sections that changed are looked at, by us for what
// is different and by the browser for where it is.
import { Component, type ComponentChild } from "preact";
import type { Token } from "marked";
import type { Blocks } from "./blocks.ts";
import { blocks } from "./Block.tsx";

/** With the empty lines between them. Fewer make more sections to look at, more make each of them longer. */
const TOKENS = 16;
/** A section with so much in it takes no further block: one list may have a thousand items. */
const CHARS = 4 * 1024;

interface Props {
  tokens: readonly Token[];
  links: Blocks["links"];
  /** Its last block may still grow. */
  open: boolean;
}

/** Where a section begins depends on what is before it alone: its blocks keep their nodes, whatever comes after them. */
export function sections({ tokens, links }: Blocks, open: boolean): ComponentChild[] {
  const all: ComponentChild[] = [];
  for (let from = 0, to = 0; from < tokens.length; from = to) {
    for (let chars = 0; to < tokens.length && to - from < TOKENS && chars < CHARS; to++) {
      chars += tokens[to]!.raw.length;
    }
    const last = to === tokens.length;
    all.push(<Section key={from} tokens={tokens.slice(from, to)} links={links} open={open && last} />);
  }
  return all;
}

class Section extends Component<Props> {
  /** A token that is the same object leads where it led, whatever was defined since. */
  override shouldComponentUpdate({ tokens, open }: Props): boolean {
    const { props } = this;
    return open !== props.open || tokens.length !== props.tokens.length ||
      tokens.some((token, i) => token !== props.tokens[i]);
  }

  override render({ tokens, links, open }: Props): ComponentChild {
    return <div class="section">{blocks(tokens, { links, open, depth: 0 })}</div>;
  }
}
