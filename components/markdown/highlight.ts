// Code in colour. Loaded with the first fence that names a language; the grammar of each comes by itself.
import { type ComponentChild, h } from "preact";
import type { LanguageFn } from "highlight.js";
import { createLowlight } from "lowlight";
import { NAMES, SOURCES } from "./languages.ts";

/** A piece more is a span more. Denser code is made by machines. */
const SPANS_MAX = 15_000;
/** Code in strings in code in strings, far beyond what is written by hand. */
const DEPTH_MAX = 50;

const lowlight = createLowlight();
const loading = new Map<string, Promise<string | null>>();

/** The name of the grammar for what a fence calls its language; null when there is none. It is never guessed. */
export function grammarOf(language: string): Promise<string | null> {
  const name = NAMES.get(language.toLowerCase());
  if (name === undefined) return Promise.resolve(null);
  const known = loading.get(name);
  if (known !== undefined) return known;
  const loaded = SOURCES[name]!().then(({ default: grammar }: { default: LanguageFn }) => {
    lowlight.register(name, grammar);
    return name;
  });
  loading.set(name, loaded);
  loaded.catch(() => loading.delete(name)); // the network is gone: the next fence tries again
  return loaded;
}

type Tree = ReturnType<typeof lowlight.highlight>["children"][number];

/** `source` in spans, each with the class of what it is; null when that would be too many, or too deep. */
export function highlight(source: string, grammar: string): ComponentChild[] | null {
  const left = { spans: SPANS_MAX };
  const nodes = lowlight.highlight(grammar, source).children.map((child) => nodeOf(child, left, 0));
  return left.spans < 0 ? null : nodes;
}

/** Spans with classes, and text: nothing else comes of a tree, whatever is in it. */
function nodeOf(tree: Tree, left: { spans: number }, depth: number): ComponentChild {
  if (tree.type === "text") return tree.value;
  if (depth > DEPTH_MAX) left.spans = 0;
  if (tree.type !== "element" || --left.spans < 0) return null;
  const { className } = tree.properties;
  const classes = Array.isArray(className) ? className.filter((one) => String(one).startsWith("hljs-")) : [];
  const kind = classes.join(" ") || undefined;
  return h("span", { class: kind }, tree.children.map((child) => nodeOf(child, left, depth + 1)));
}
