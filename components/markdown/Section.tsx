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

interface Sections {
  nodes: ComponentChild[];
  /** Of all that are there, about how many elements they become. */
  weight: number;
  /** Nothing was left out. */
  whole: boolean;
}

/**
 * The sections of a text, as far as they weigh no more than `most`; one goes over it. Where a section begins depends on what
 * is before it alone: its blocks keep their nodes, whatever comes after them.
 */
export function sections({ tokens, links }: Blocks, open: boolean, most: number): Sections {
  const nodes: ComponentChild[] = [];
  let weight = 0;
  let from = 0;
  for (let to = 0; from < tokens.length && weight <= most; from = to) {
    const far = weight > FAR_WEIGHT;
    const before = weight;
    for (let chars = 0; to < tokens.length && weight - before < WEIGHT && chars < CHARS; to++) {
      chars += tokens[to]!.raw.length;
      weight += weightOf(tokens[to]!);
    }
    nodes.push(
      <Section
        key={from}
        tokens={tokens.slice(from, to)}
        links={links}
        open={open && to === tokens.length}
        far={far}
      />,
    );
  }
  return { nodes, weight, whole: from === tokens.length };
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
