// Code in colour. Loaded with the first fence that names a language; the grammar of each comes by itself.
import { type ComponentChild, h } from "preact";
import type { LanguageFn } from "highlight.js";
import core from "highlight.js/lib/core";
import { NAMES, SOURCES } from "./languages.ts";

/** A piece more is a span more. Denser code is made by machines. */
const SPANS_MAX = 15_000;
/** Code in strings in code in strings, far beyond what is written by hand. */
const DEPTH_MAX = 50;

const hljs = core.newInstance();
const loading = new Map<string, Promise<string | null>>();

/** The name of the grammar for what a fence calls its language; null when there is none. It is never guessed. */
export function grammarOf(language: string): Promise<string | null> {
  const name = NAMES.get(language.toLowerCase());
  if (name === undefined) return Promise.resolve(null);
  const known = loading.get(name);
  if (known !== undefined) return known;
  const loaded = SOURCES[name]!().then(({ default: grammar }: { default: LanguageFn }) => {
    hljs.registerLanguage(name, grammar);
    return name;
  });
  loading.set(name, loaded);
  loaded.catch(() => loading.delete(name)); // the network is gone: the next fence tries again
  return loaded;
}

/** What the library makes before it writes HTML: text, or the nodes of one scope, such as `title.function`. */
type Tree = string | { scope?: string; children: Tree[] };

/** `source` in spans, each with the class of what it is; null when that would be too many, or too deep. */
export function highlight(source: string, grammar: string): ComponentChild[] | null {
  const left = { spans: SPANS_MAX };
  const { _emitter } = hljs.highlight(source, { language: grammar, ignoreIllegals: true });
  const { rootNode } = _emitter as unknown as { rootNode: { children: Tree[] } };
  const nodes = rootNode.children.map((child) => nodeOf(child, left, 0));
  return left.spans < 0 ? null : nodes;
}

/** Spans with classes, and text: nothing else comes of a tree, whatever is in it. */
function nodeOf(tree: Tree, left: { spans: number }, depth: number): ComponentChild {
  if (typeof tree === "string") return tree;
  if (depth > DEPTH_MAX) left.spans = 0;
  if (--left.spans < 0) return null;
  const [kind = ""] = tree.scope?.split(".") ?? [];
  // A language within another is a scope, too, and has no colour of its own.
  const classes = kind === "" || kind.includes(":") ? undefined : `hljs-${kind}`;
  return h("span", { class: classes }, tree.children.map((child) => nodeOf(child, left, depth + 1)));
}
