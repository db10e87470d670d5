// `count to N`: the answer whose every gap and repeat can be seen.

/** `1 2 3 … n`. */
export function countTo(n: number): string {
  return Array.from({ length: n }, (_, i) => i + 1).join(" ");
}

/** How far a text counts, or an error that says where it goes wrong. A last number that is cut short counts too. */
export function countedIn(text: string): number {
  const seen = text.trim();
  if (seen === "") return 0;
  const n = seen.split(" ").length;
  if (!countTo(n).startsWith(seen)) {
    throw new Error(`This is no count: ${seen.slice(0, 200)} … ${seen.slice(-200)}`);
  }
  return n;
}
