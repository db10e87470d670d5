// A line diff for people: what is only actual, what is only expected, and enough of what is common to find the place.
import { bold, gray, green, red } from "./color.ts";

/** Above this many cell comparisons the quadratic table costs more than it tells: both texts are shown whole. */
const DIFF_CELLS_MAX = 4_000_000;
/** Common lines kept on each side of a difference. */
const CONTEXT_LINES = 3;

interface Line {
  kind: "common" | "actual" | "expected";
  text: string;
}

/** A coloured diff from `expected` (plus) to `actual` (minus). */
export function diff(actual: string, expected: string): string {
  const lines = diffLines(actual.split("\n"), expected.split("\n"));
  const shown = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT_LINES), i + CONTEXT_LINES + 1).some((
      near,
    ) => near.kind !== "common")
  );
  const body: string[] = [];
  lines.forEach((line, i) => {
    if (shown[i]) body.push(paint(line));
    else if (i === 0 || shown[i - 1]) body.push(gray("    …"));
  });
  return [
    `    ${gray(bold("[Diff]"))} ${red(bold("Actual"))} / ${green(bold("Expected"))}`,
    "",
    ...body,
  ].join("\n");
}

/** The shortest edit script between two lists of lines, by longest common subsequence. */
export function diffLines(actual: string[], expected: string[]): Line[] {
  let head = 0;
  while (
    head < actual.length && head < expected.length &&
    actual[head] === expected[head]
  ) head++;
  let tail = 0;
  const tailMax = Math.min(actual.length, expected.length) - head;
  while (tail < tailMax && actual.at(-1 - tail) === expected.at(-1 - tail)) {
    tail++;
  }
  const a = actual.slice(head, actual.length - tail);
  const b = expected.slice(head, expected.length - tail);
  const common = (text: string): Line => ({ kind: "common", text });
  return [
    ...actual.slice(0, head).map(common),
    ...(a.length * b.length > DIFF_CELLS_MAX ? replaced(a, b) : edits(a, b)),
    ...actual.slice(actual.length - tail).map(common),
  ];
}

function replaced(a: string[], b: string[]): Line[] {
  return [
    ...a.map((text): Line => ({ kind: "actual", text })),
    ...b.map((text): Line => ({ kind: "expected", text })),
  ];
}

function edits(a: string[], b: string[]): Line[] {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      lines.push({ kind: "common", text: a[i]! });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      lines.push({ kind: "actual", text: a[i++]! });
    } else lines.push({ kind: "expected", text: b[j++]! });
  }
  return [...lines, ...replaced(a.slice(i), b.slice(j))];
}

function paint(line: Line): string {
  if (line.kind === "actual") return red(`-   ${line.text}`);
  if (line.kind === "expected") return green(`+   ${line.text}`);
  return `    ${line.text}`;
}
