// What stands in a line: an allow-list of tokens, everything else as its own source.
import type { ComponentChild } from "preact";
import type { MarkedToken, Token } from "marked";
import { decode } from "./entities.ts";
import { safeUrl } from "./href.ts";
import { FormulaView } from "./FormulaView.tsx";
import { DEPTH_MAX } from "./lex.ts";
import type { Formula } from "./math.ts";
import { Text } from "./text.ts";

/** The one tag that is more than its text: cells of a table have no other way to begin a line. */
const BREAK = /^<br ?\/?>$/i;

/** Tokens as nodes. Neighbouring text becomes one run, so that a run that grows stays the same node. */
export function inline(tokens: readonly Token[], depth = 0): ComponentChild[] {
  const nodes: ComponentChild[] = [];
  let run = "";
  const flush = () => {
    if (run !== "") nodes.push(<Text key={nodes.length} text={run} />);
    run = "";
  };
  for (const token of tokens) {
    const text = textOf(token, depth);
    if (text !== null) {
      run += text;
      continue;
    }
    flush();
    nodes.push(<Inline key={nodes.length} token={token as MarkedToken | Formula} depth={depth} />);
  }
  flush();
  return nodes;
}

/** The text of a token that is nothing but text; null for one that becomes an element. */
function textOf(token: Token, depth: number): string | null {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
    case "link":
    case "image":
      return depth < DEPTH_MAX ? null : token.raw;
    case "codespan":
    case "br":
    case "checkbox":
    case "formula":
      return null;
    case "html":
      return BREAK.test(token.raw) ? null : token.raw;
    case "escape":
      return token.text;
    case "text":
      if (token.tokens !== undefined) return depth < DEPTH_MAX ? null : token.raw;
      return decode(token.text);
    default:
      return token.raw; // raw HTML, and whatever a later lexer invents
  }
}

function Inline({ token, depth }: { token: MarkedToken | Formula; depth: number }) {
  switch (token.type) {
    case "formula":
      return <FormulaView formula={token} />;
    case "strong":
      return <strong>{inline(token.tokens, depth + 1)}</strong>;
    case "em":
      return <em>{inline(token.tokens, depth + 1)}</em>;
    case "del":
      return <del>{inline(token.tokens, depth + 1)}</del>;
    case "codespan":
      return (
        <code>
          <Text text={token.text} />
        </code>
      );
    case "br":
    case "html": // nothing but a break comes here
      return <br />;
    case "checkbox":
      return (
        <input
          type="checkbox"
          checked={token.checked}
          disabled
          aria-label={token.checked ? "Done" : "To do"}
        />
      );
    case "text":
      return <>{inline(token.tokens ?? [], depth + 1)}</>;
    case "link": {
      const url = safeUrl(decode(token.href));
      const label = inline(token.tokens, depth + 1);
      return url === null ? <>{label}</> : <Outward url={url}>{label}</Outward>;
    }
    case "image": {
      // Loading it would tell its host that this was read, and could carry off what was said: a person must ask for it.
      // The page's policy lets no other host show anything in it, so it opens beside the page.
      const url = safeUrl(decode(token.href));
      const name = decode(token.text) || "untitled";
      if (url === null) return <>{name}</>;
      return <Outward url={url} image>{`Open image: ${name} (${url.host}, new tab)`}</Outward>;
    }
    default:
      return <>{token.raw}</>;
  }
}

function Outward(props: { url: URL; image?: boolean; children: ComponentChild }) {
  const { href } = props.url;
  return (
    <a
      href={href}
      title={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      class={props.image ? "image" : undefined}
    >
      {props.children}
    </a>
  );
}
