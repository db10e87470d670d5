// One block. It renders again only when its source changed, or a link was defined that it may use.
import { Component, type ComponentChild } from "preact";
import type { MarkedToken, Token, Tokens } from "marked";
import type { Blocks } from "./blocks.ts";
import { Fence } from "./Fence.tsx";
import { FormulaView } from "./FormulaView.tsx";
import { inline } from "./inline.tsx";
import { DEPTH_MAX } from "./lex.ts";
import type { Formula } from "./math.ts";
import type { Source } from "./source.ts";
import { Text } from "./text.ts";

interface Props {
  token: Token;
  links: Blocks["links"];
  /** It may still grow. */
  open: boolean;
  depth?: number;
}

export class Block extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { token, links, open } = this.props;
    if (next.token === token) return next.open !== open;
    return next.token.raw !== token.raw || next.token.type !== token.type || next.open !== open ||
      next.links !== links;
  }

  override render({ token, links, open, depth = 0 }: Props): ComponentChild {
    if (depth > DEPTH_MAX + 1) return <Raw text={token.raw} />;
    return block(token as MarkedToken | Formula | Source, { links, open, depth });
  }
}

type Place = Required<Omit<Props, "token">>;

/** Several blocks; a block keeps its place and so its nodes, whatever comes after it. */
export function blocks(tokens: readonly Token[], { links, open, depth }: Place): ComponentChild[] {
  const last = tokens.length - 1;
  return tokens.map((token, i) => (
    <Block key={i} token={token} links={links} open={open && i === last} depth={depth} />
  ));
}

/**
 * A block has the direction of its own words. Within a list or a quote the whole has one, or its marks would be on one
 * side and its words on the other; and whoever asks for its own would not be asked for the whole's.
 */
function directionAt(depth: number): "auto" | undefined {
  return depth === 0 ? "auto" : undefined;
}

function block(token: MarkedToken | Formula | Source, place: Place): ComponentChild {
  const { depth } = place;
  const dir = directionAt(depth);
  const inside = { ...place, depth: depth + 1 };
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p dir={dir}>{inline(token.tokens)}</p>;
    case "heading":
      return <Heading depth={token.depth} dir={dir}>{inline(token.tokens)}</Heading>;
    case "code": {
      const language = (token.lang ?? "").trim().split(/[\s{]+/)[0] ?? "";
      return <Fence language={language} source={token.text} closed={!place.open || isClosed(token.raw)} />;
    }
    case "blockquote":
      return <blockquote dir={dir}>{blocks(token.tokens, inside)}</blockquote>;
    case "list":
      return <List token={token} inside={inside} dir={dir} />;
    case "list_item":
      return <li>{items(token.tokens, inside)}</li>;
    case "table":
      return <Table token={token} links={place.links} />;
    case "formula":
      return (
        <p>
          <FormulaView formula={token} />
        </p>
      );
    case "hr":
      return <hr />;
    case "text":
      return depth === 0 ? <p dir={dir}>{inline([token])}</p> : <>{inline([token])}</>;
    default:
      return <Raw text={token.raw} />; // raw HTML, and whatever a later lexer invents
  }
}

/** What is shown as it was written. */
function Raw({ text }: { text: string }) {
  return (
    <p class="raw" dir="auto">
      <Text text={text} />
    </p>
  );
}

/** Whether a fence has its end, which it may lack because it is still to come. */
function isClosed(raw: string): boolean {
  const opening = /^ {0,3}(`{3,}|~{3,})/.exec(raw)?.[1];
  const closing = /\n[ \t>]*(`{3,}|~{3,})\s*$/.exec(raw)?.[1];
  return opening !== undefined && closing !== undefined && closing.startsWith(opening);
}

/** Below the page's own `h1` and the `h2` of each message. */
function Heading({ depth, dir, children }: { depth: number; dir?: "auto"; children: ComponentChild }) {
  if (depth === 1) return <h3 dir={dir}>{children}</h3>;
  if (depth === 2) return <h4 dir={dir}>{children}</h4>;
  if (depth === 3) return <h5 dir={dir}>{children}</h5>;
  return <h6 dir={dir}>{children}</h6>;
}

function List({ token, inside, dir }: { token: Tokens.List; inside: Place; dir?: "auto" }) {
  const children = blocks(token.items, inside);
  const tasks = token.items.some((item) => item.task) ? "tasks" : undefined;
  if (!token.ordered) return <ul class={tasks} dir={dir}>{children}</ul>;
  return (
    <ol class={tasks} dir={dir} start={token.start === "" || token.start === 1 ? undefined : token.start}>
      {children}
    </ol>
  );
}

/** An item holds blocks, or a line of text, or a checkbox before either. */
function items(tokens: readonly Token[], { links, open, depth }: Place): ComponentChild[] {
  const last = tokens.length - 1;
  return tokens.map((token, i) =>
    token.type === "checkbox"
      ? inline([token])
      : <Block key={i} token={token} links={links} open={open && i === last} depth={depth} />
  );
}

function Table({ token, links }: { token: Tokens.Table; links: Blocks["links"] }) {
  return (
    <div class="table" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, i) => (
              <th key={i} scope="col" dir="auto" data-align={cell.align ?? undefined}>
                {inline(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, i) => <Row key={i} cells={row} links={links} />)}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  cells: readonly Tokens.TableCell[];
  links: Blocks["links"];
}

/** A row that is whole does not render again while the table grows. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { cells, links } = this.props;
    return next.links !== links || next.cells.length !== cells.length ||
      next.cells.some((cell, i) => cell.text !== cells[i]!.text || cell.align !== cells[i]!.align);
  }

  override render({ cells }: RowProps) {
    return (
      <tr>
        {cells.map((cell, i) => (
          <td key={i} dir="auto" data-align={cell.align ?? undefined}>{inline(cell.tokens)}</td>
        ))}
      </tr>
    );
  }
}
