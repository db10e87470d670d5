// Markdown as it is read out: words without marks, and of code and tables what they are.
import type { MarkedToken, Token, Tokens } from "marked";
import { decode } from "./entities.ts";
import { DEPTH_MAX, read } from "./lex.ts";
import type { Formula } from "./math.ts";
import type { Source } from "./source.ts";

/** Names that are not the language's own with a capital. */
const LANGUAGES: Readonly<Record<string, string>> = {
  bash: "shell",
  c: "C",
  cpp: "C++",
  cs: "C#",
  csharp: "C#",
  css: "CSS",
  html: "HTML",
  js: "JavaScript",
  javascript: "JavaScript",
  json: "JSON",
  jsx: "JavaScript",
  md: "Markdown",
  php: "PHP",
  ps1: "PowerShell",
  py: "Python",
  rb: "Ruby",
  rs: "Rust",
  scss: "SCSS",
  sh: "shell",
  sql: "SQL",
  svg: "SVG",
  ts: "TypeScript",
  tsx: "TypeScript",
  typescript: "TypeScript",
  xml: "XML",
  yaml: "YAML",
  yml: "YAML",
};

/** `markdown` as lines to be read out. */
export function spoken(markdown: string): string {
  const reading = read(markdown);
  reading.readLines();
  return blocks(reading.blocks, 0).filter((line) => line !== "").join("\n");
}

function blocks(tokens: readonly Token[], depth: number): string[] {
  return tokens.flatMap((token) => block(token as MarkedToken | Formula | Source, depth));
}

function block(token: MarkedToken | Formula | Source, depth: number): string[] {
  if (depth > DEPTH_MAX) return [token.raw.trim()];
  switch (token.type) {
    case "space":
    case "def":
    case "hr":
    case "checkbox": // said by its item
      return [];
    case "paragraph":
    case "heading":
      return [line(token.tokens)];
    case "code":
      return [codeBlock(token)];
    case "blockquote":
      return ["Quote:", ...blocks(token.tokens, depth + 1)];
    case "list":
      return token.items.flatMap((item, i) => {
        const [first = "", ...rest] = blocks(item.tokens, depth + 1);
        const mark = token.ordered ? `${Number(token.start || 1) + i}.` : "•";
        const task = item.task ? item.checked ? "done: " : "to do: " : "";
        return [`${mark} ${task}${first}`, ...rest];
      });
    case "table":
      return [
        `Table, ${plural(token.header.length, "column")}, ${plural(token.rows.length, "row")}`,
        ...[token.header, ...token.rows].map((row) => row.map((cell) => line(cell.tokens)).join(", ")),
      ];
    case "formula":
      return [formula(token)];
    case "text":
      return [line([token])];
    default:
      return [token.raw.trim()];
  }
}

function line(tokens: readonly Token[]): string {
  return tokens.map((token) => inline(token as MarkedToken | Formula)).join("").trim();
}

function inline(token: MarkedToken | Formula): string {
  switch (token.type) {
    case "formula":
      return formula(token);
    case "br":
      return " ";
    case "image":
      return `image: ${decode(token.text) || "untitled"}`;
    case "codespan":
    case "escape":
      return token.text;
    case "checkbox":
      return "";
    default: {
      const { tokens, text } = token as Tokens.Generic;
      if (tokens !== undefined) return line(tokens);
      return token.type === "text" ? decode(text) : token.raw;
    }
  }
}

function codeBlock({ lang, text }: Tokens.Code): string {
  const name = (lang ?? "").trim().split(/[\s{]+/)[0]?.toLowerCase() ?? "";
  const language = LANGUAGES[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
  const lines = plural(text.split("\n").length, "line");
  return ["code block", language, lines].filter((part) => part !== "").join(", ");
}

function formula({ text }: Formula): string {
  return `formula ${text}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
