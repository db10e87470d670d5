// Some blocks after one another. A long answer has hundreds: only the sections that changed are looked at, by us for what
// is different and by the browser for where it is.
import { Component, type ComponentChild } from "preact";
import type { Token } from "marked";
import type { Blocks } from "./blocks.ts";
import { blocks } from "./Block.tsx";

/** What a section holds: 24 blocks and empty lines, or fewer of those that are made of many. */
const WEIGHT = 24;
const CHARS = 4 * 1024;
/** More than an answer of 50 KB weighs. Behind it, a browser lays out what is near alone. */
const FAR_WEIGHT = 3_000;

interface Props {
  tokens: readonly Token[];
  links: Blocks["links"];
  /** Its last block may still grow. */
  open: boolean;
  /** So much is before it that nobody sees it soon. */
  far: boolean;
}

/** Where a section begins depends on what is before it alone: its blocks keep their nodes, whatever comes after them. */
export function sections({ tokens, links }: Blocks, open: boolean): ComponentChild[] {
  const all: ComponentChild[] = [];
  let before = 0;
  for (let from = 0, to = 0; from < tokens.length; from = to) {
    const far = before > FAR_WEIGHT;
    for (let weight = 0, chars = 0; to < tokens.length && weight < WEIGHT && chars < CHARS; to++) {
      const token = tokens[to]!;
      chars += token.raw.length;
      weight += weightOf(token);
      before += weightOf(token);
    }
    all.push(
      <Section
        key={from}
        tokens={tokens.slice(from, to)}
        links={links}
        open={open && to === tokens.length}
        far={far}
      />,
    );
  }
  return all;
}

/** About how many elements it becomes. */
function weightOf(token: Token): number {
  if (token.type === "list") return 2 * token.items.length;
  if (token.type === "table") return token.header.length * (token.rows.length + 1);
  return 1;
}

class Section extends Component<Props> {
  /** A token that is the same object leads where it led, whatever was defined since. */
  override shouldComponentUpdate({ tokens, open }: Props): boolean {
    const { props } = this;
    return open !== props.open || tokens.length !== props.tokens.length ||
      tokens.some((token, i) => token !== props.tokens[i]);
  }

  override render({ tokens, links, open, far }: Props): ComponentChild {
    return <div class="section" data-far={far || undefined}>{blocks(tokens, { links, open, depth: 0 })}</div>;
  }
}
