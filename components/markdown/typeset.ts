// Formulas as MathML. Loaded with the first formula.
//   F1  Nothing that KaTeX says is parsed as HTML: its tree becomes nodes, by a list of elements and attributes.
//       The tree is read, and not the string it would become, because a string must be parsed by somebody; what is
//       read here is checked the same way in a test without a browser.
//   F2  Work is bounded: a formula defines no macros, expands few, and is no larger than a person can read.
import { type ComponentChild, h } from "preact";
import katex from "katex";
import { lettersOf } from "./alphabet.ts";

/** As many as a page of formulas has; a browser lays each of them out. */
const NODES_MAX = 3_000;
/** Fractions within fractions: nobody reads the twentieth, and layout recurses as deep as they go. */
const DEPTH_MAX = 60;
/** Each expansion of a built-in macro is short, but may be asked for in each character. */
const EXPANSIONS_MAX = 500;
/** In em. A rule or a gap may be no larger than a screen. */
const SIZE_MAX = 20;

/** Macros of its own are what makes a short formula long. A model writes them out. */
const DEFINES =
  /\\(?:[egx]?def|let|futurelet|global|long|newcommand|renewcommand|providecommand|newenvironment)(?![a-zA-Z])/;

const ELEMENTS: ReadonlySet<string> = new Set(
  ("math semantics annotation mrow mi mo mn ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover " +
    "munderover mmultiscripts mprescripts none mtable mtr mtd mlabeledtr mstyle mpadded mphantom menclose")
    .split(" "),
);
const ATTRIBUTES: ReadonlySet<string> = new Set(
  ("display displaystyle scriptlevel mathvariant mathcolor mathbackground stretchy fence separator symmetric " +
    "largeop movablelimits accent accentunder form lspace rspace minsize maxsize width height depth voffset " +
    "linethickness notation columnalign rowalign columnspacing rowspacing columnlines rowlines side")
    .split(" "),
);
/** Numbers with units, names and colours; no address has this form. */
const VALUE = /^[\w #.,%+-]{0,200}$/;

/** What KaTeX's tree is made of, as far as it is read here. */
export interface Piece {
  type?: string;
  attributes?: Record<string, unknown>;
  children?: Piece[];
  /** Of a text. */
  text?: string;
  /** Of a space: a character as wide, or its width in em. */
  character?: string | null;
  width?: number;
}

interface Trees {
  __renderToDomTree(tex: string, options: Record<string, unknown>): Piece;
}

/** The nodes of a formula; null when it is none, and its source says more. */
export function typeset(tex: string, display: boolean): ComponentChild {
  if (DEFINES.test(tex)) return null;
  try {
    const tree = (katex as unknown as Trees).__renderToDomTree(tex, {
      output: "mathml",
      displayMode: display,
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxExpand: EXPANSIONS_MAX,
      maxSize: SIZE_MAX,
    });
    return nodesOf(tree.children?.[0] ?? tree);
  } catch (error) {
    // It is no formula that KaTeX knows, nests beyond the stack, or is too much (F2).
    if (error instanceof katex.ParseError || error instanceof RangeError) return null;
    throw error;
  }
}

/** What is allowed of a tree, as nodes (F1). */
export function nodesOf(tree: Piece): ComponentChild {
  return nodeOf(tree, { nodes: NODES_MAX }, 0);
}

function nodeOf(piece: Piece, left: { nodes: number }, depth: number): ComponentChild {
  if (--left.nodes < 0 || depth > DEPTH_MAX) throw new RangeError("A formula is too large to be shown");
  if (piece.text !== undefined) return piece.text;
  if (piece.type === undefined) return spaceOf(piece);
  if (!ELEMENTS.has(piece.type)) return textOf(piece);
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(piece.attributes ?? {})) {
    if (ATTRIBUTES.has(name) && VALUE.test(String(value))) attributes[name] = String(value);
  }
  if (piece.type === "annotation") attributes.encoding = "application/x-tex"; // the source: no other is made
  const children = piece.children ?? [];
  const isText = children.every((child) => child.text !== undefined);
  const letters = isText ? lettersOf(textOf(piece), attributes.mathvariant ?? "") : null;
  if (letters !== null) return h(piece.type, { ...attributes, mathvariant: "normal" }, letters);
  return h(piece.type, attributes, children.map((child) => nodeOf(child, left, depth + 1)));
}

function spaceOf({ character, width }: Piece): ComponentChild {
  if (typeof character === "string") return h("mtext", null, character);
  return h("mspace", { width: `${Math.min(SIZE_MAX, Number(width ?? 0))}em` });
}

/** The words in a piece. */
function textOf(piece: Piece): string {
  return piece.text ?? (piece.children ?? []).map(textOf).join("");
}
