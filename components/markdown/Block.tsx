// One block. It renders again only when its source changed, or a link was defined that it may use.
import { Component, type ComponentChild } from "preact";
import type { MarkedToken, Token, Tokens } from "marked";
import { Fence } from "./Fence.tsx";
import { FormulaView, inline } from "./inline.tsx";
import type { Formula } from "./math.ts";

interface Props {
  token: Token;
  definitions: number;
  depth?: number;
}

/** Deeper lists and quotes are shown as source: no reader follows them, and no stack must. */
const DEPTH_MAX = 20;

export class Block extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { token, definitions } = this.props;
    return next.token.raw !== token.raw || next.token.type !== token.type || next.definitions !== definitions;
  }

  override render({ token, definitions, depth = 0 }: Props): ComponentChild {
    return depth > DEPTH_MAX ? <p>{token.raw}</p> : block(token as MarkedToken | Formula, definitions, depth);
  }
}

/** Several blocks; a block keeps its place and so its nodes, whatever comes after it. */
export function blocks(tokens: readonly Token[], definitions: number, depth = 0): ComponentChild[] {
  return tokens.map((token, i) => <Block key={i} token={token} definitions={definitions} depth={depth} />);
}

function block(token: MarkedToken | Formula, definitions: number, depth: number): ComponentChild {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p dir="auto">{inline(token.tokens)}</p>;
    case "heading":
      return <Heading depth={token.depth}>{inline(token.tokens)}</Heading>;
    case "code":
      return <Fence language={(token.lang ?? "").trim().split(/\s+/)[0] ?? ""} source={token.text} />;
    case "blockquote":
      return <blockquote dir="auto">{blocks(token.tokens, definitions, depth + 1)}</blockquote>;
    case "list":
      return <List token={token} definitions={definitions} depth={depth} />;
    case "list_item":
      return <li dir="auto">{items(token.tokens, definitions, depth)}</li>;
    case "table":
      return <Table token={token} />;
    case "formula":
      return (
        <p>
          <FormulaView formula={token} />
        </p>
      );
    case "hr":
      return <hr />;
    case "text":
      return depth === 0 ? <p dir="auto">{inline([token])}</p> : <>{inline([token])}</>;
    default:
      return <p dir="auto">{token.raw}</p>; // raw HTML, and whatever a later lexer invents
  }
}

/** Below the page's own `h1` and the `h2` of each message. */
function Heading({ depth, children }: { depth: number; children: ComponentChild }) {
  if (depth === 1) return <h3 dir="auto">{children}</h3>;
  if (depth === 2) return <h4 dir="auto">{children}</h4>;
  if (depth === 3) return <h5 dir="auto">{children}</h5>;
  return <h6 dir="auto">{children}</h6>;
}

function List({ token, definitions, depth }: { token: Tokens.List; definitions: number; depth: number }) {
  const children = blocks(token.items, definitions, depth + 1);
  const tasks = token.items.some((item) => item.task) ? "tasks" : undefined;
  if (!token.ordered) return <ul class={tasks}>{children}</ul>;
  return (
    <ol class={tasks} start={token.start === "" || token.start === 1 ? undefined : token.start}>
      {children}
    </ol>
  );
}

/** An item holds blocks, or a line of text, or a checkbox before either. */
function items(tokens: readonly Token[], definitions: number, depth: number): ComponentChild[] {
  return tokens.map((token, i) =>
    token.type === "checkbox"
      ? inline([token])
      : <Block key={i} token={token} definitions={definitions} depth={depth + 1} />
  );
}

function Table({ token }: { token: Tokens.Table }) {
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
          {token.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} dir="auto" data-align={cell.align ?? undefined}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
