// How the variants of the system prompt compare, by the answers that were given under each. Pure.
//   X1  Only answers that have ended count. A figure that an answer does not have, such as tokens that nobody counted,
//       is left out of its average and is not 0.
//   X2  An answer was regenerated when a later one stands beside it, under the same question.
import type { Id } from "../core/ids.ts";
import { isTerminal, type Message } from "../protocol/message.ts";

/** Of those answers that have the figure. */
export interface Average {
  mean: number;
  median: number;
}

export interface Comparison {
  /** Empty: of answers that were given under none. */
  variant: string;
  answers: number;
  /** Null: no answer has the figure. */
  outputTokens: Average | null;
  firstTokenMs: Average | null;
  totalMs: Average | null;
  stopped: number;
  failed: number;
  regenerated: number;
  up: number;
  down: number;
}

type Counts = Omit<Comparison, "outputTokens" | "firstTokenMs" | "totalMs">;

interface Tally {
  counts: Counts;
  outputTokens: number[];
  firstTokenMs: number[];
  totalMs: number[];
}

/** What is kept of an answer until its conversation has been seen. */
interface Answer {
  variant: string;
  parentId: Id | null;
  order: number;
}

export class Experiment {
  readonly #tallies = new Map<string, Tally>();
  #conversationId: Id | null = null;
  #answers: Answer[] = [];

  /** `variants` are listed although no answer was given under them. */
  constructor(variants: readonly string[]) {
    for (const variant of variants) this.#of(variant);
  }

  /** The messages of a conversation come together, in any order. `order` is their order in it. */
  add(message: Message, order: number): void {
    if (message.conversationId !== this.#conversationId) this.#leave(message.conversationId);
    const { role, status, parentId, asked, usage, timings, rating } = message;
    if (role !== "assistant") return;
    const variant = asked?.variant ?? "";
    this.#answers.push({ variant, parentId, order });
    if (!isTerminal(status)) return;
    const { counts, outputTokens, firstTokenMs, totalMs } = this.#of(variant);
    counts.answers++;
    if (status === "cancelled") counts.stopped++;
    if (status === "failed") counts.failed++;
    if (rating !== undefined) counts[rating]++;
    if (usage !== undefined) outputTokens.push(usage.outputTokens);
    if (timings?.firstTokenMs !== undefined) firstTokenMs.push(timings.firstTokenMs);
    if (timings !== undefined) totalMs.push(timings.totalMs);
  }

  /** By the name of the variant, none last. */
  result(): Comparison[] {
    this.#leave(null);
    const names = [...this.#tallies.keys()].sort((a, b) =>
      Number(a === "") - Number(b === "") || (a < b ? -1 : 1)
    );
    return names.map((name) => {
      const { counts, outputTokens, firstTokenMs, totalMs } = this.#of(name);
      return {
        ...counts,
        outputTokens: averageOf(outputTokens),
        firstTokenMs: averageOf(firstTokenMs),
        totalMs: averageOf(totalMs),
      };
    });
  }

  /** All of a conversation has been seen: which of its answers were not the last under their question (X2). */
  #leave(next: Id | null): void {
    const last = new Map<Id | null, Answer>();
    for (const answer of this.#answers.sort((a, b) => a.order - b.order)) {
      const before = last.get(answer.parentId);
      if (before !== undefined) this.#of(before.variant).counts.regenerated++;
      last.set(answer.parentId, answer);
    }
    this.#answers = [];
    this.#conversationId = next;
  }

  #of(variant: string): Tally {
    const known = this.#tallies.get(variant);
    if (known !== undefined) return known;
    const counts = { variant, answers: 0, stopped: 0, failed: 0, regenerated: 0, up: 0, down: 0 };
    const tally: Tally = { counts, outputTokens: [], firstTokenMs: [], totalMs: [] };
    this.#tallies.set(variant, tally);
    return tally;
  }
}

function averageOf(figures: number[]): Average | null {
  if (figures.length === 0) return null;
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { mean: sorted.reduce((sum, figure) => sum + figure, 0) / sorted.length, median };
}

const COLUMNS: [head: string, cell: (row: Comparison) => string][] = [
  ["variant", ({ variant }) => variant === "" ? "(none)" : shown(variant)],
  ["answers", ({ answers }) => String(answers)],
  ["tokens mean", ({ outputTokens }) => figure(outputTokens?.mean)],
  ["median", ({ outputTokens }) => figure(outputTokens?.median)],
  ["first token ms mean", ({ firstTokenMs }) => figure(firstTokenMs?.mean)],
  ["median", ({ firstTokenMs }) => figure(firstTokenMs?.median)],
  ["total ms mean", ({ totalMs }) => figure(totalMs?.mean)],
  ["median", ({ totalMs }) => figure(totalMs?.median)],
  ["stopped", ({ stopped }) => String(stopped)],
  ["failed", ({ failed }) => String(failed)],
  ["regenerated", ({ regenerated }) => String(regenerated)],
  ["up", ({ up }) => String(up)],
  ["down", ({ down }) => String(down)],
];

/** The comparison for a terminal: one line for each variant, columns under their heads. */
export function tableOf(rows: readonly Comparison[]): string {
  const lines = [COLUMNS.map(([head]) => head), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) =>
    line.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))
      .join("  ")
  ).join("\n") + "\n";
}

function figure(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(value < 100 && !Number.isInteger(value) ? 1 : 0);
}

/** A name on one line: what would move a terminal's cursor is left out. */
function shown(name: string): string {
  return name.replace(/\p{Cc}/gu, " ");
}
