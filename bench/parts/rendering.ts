// What an answer costs the page that shows it: Markdown read, nodes made and laid out, in a real browser.
import type { Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { Bench, Section } from "../bench.ts";
import type { Timed } from "../browser/markdown_page.tsx";
import { spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import { startChromium } from "../../tests/support/chromium.ts";
import { HOSTILE } from "../../tests/fixtures/hostile_markdown.ts";
import { ANSWER_BYTES_MAX } from "../../lib/generate/answer_size.ts";
import { markdownAnswer } from "./markdown.ts";

/** A phone of the cheaper kind, by the browser's own throttle. */
const SLOW = 6;
/** What a fast model says between two frames. */
const PIECE_CHARS = 20;
/** Pieces of a hostile text: each is as much as a batch that had to wait. */
const HOSTILE_PIECES = 60;
const WORST = 6;
const RUNS = 3;
const GOALS = { updateMs: 8, totalMs: 2_000, frameMs: 100 };

export async function rendering({ options, progress }: Bench): Promise<Section> {
  const script = await bundle();
  const browser = await startChromium();
  try {
    const connection = await chromium.connectOverCDP(browser.endpoint);
    const page = await (await connection.newContext()).newPage();
    await page.setContent(
      '<!doctype html><body data-connection="live"><div class="log"><div class="thread"></div></div>',
    );
    for (const file of ["tokens", "frame", "conversation", "markdown"]) {
      await page.addStyleTag({
        content: await Deno.readTextFile(new URL(`../../static/${file}.css`, import.meta.url)),
      });
    }
    await page.addScriptTag({ content: script, type: "module" });
    const throttle = await page.context().newCDPSession(page);
    const slow = (rate: number) => throttle.send("Emulation.setCPUThrottlingRate", { rate });
    const answer = (kb: number) =>
      Array.from({ length: kb }, (_, i) => markdownAnswer(i)).join("\n\n").slice(0, kb * 1024);
    const rows: string[][] = [];
    for (const [kb, rate] of options.quick ? [[5, 1]] : [[30, 1], [50, 1], [30, SLOW]]) {
      const runs = Array.from({ length: options.quick ? 1 : RUNS }, (_, i) => i + 1);
      const seen: { p50: number; p95: number; max: number; endMs: number; total: number }[] = [];
      for (const run of runs) {
        progress(`an answer of ${kb} KB at ${rate}×, run ${run} of ${runs.length}`);
        await grow(page, answer(5), PIECE_CHARS); // unmeasured: it pays for compiling
        await slow(rate!);
        const { updatesMs, endMs } = await grow(page, answer(kb!), PIECE_CHARS);
        const { p50, p95, max } = spread(updatesMs);
        seen.push({ p50, p95, max, endMs, total: updatesMs.reduce((sum, ms) => sum + ms, endMs) });
        await slow(1);
      }
      const best = seen.toSorted((a, b) => a.p95 - b.p95)[0]!;
      const goal = rate === SLOW
        ? `p95 ≤ ${GOALS.updateMs} ms${best.p95 <= GOALS.updateMs ? "" : " (missed)"}`
        : kb === 50
        ? `total ≤ ${GOALS.totalMs} ms${best.total <= GOALS.totalMs ? "" : " (missed)"}`
        : "";
      rows.push([
        `${kb} KB`,
        `${rate}×`,
        best.p50.toFixed(1),
        `${best.p95.toFixed(1)} (${seen.map(({ p95 }) => p95.toFixed(1)).join(", ")})`,
        ...[best.max, best.endMs, best.total].map((ms) => ms.toFixed(1)),
        goal,
      ]);
    }
    progress("code in colour");
    const code =
      "export async function attempt(limit: number): Promise<number> {\n  return limit * 2; // twice\n}\n";
    const colours: string[][] = [];
    for (const kb of [1, 5, 20]) {
      const source = code.repeat(Math.ceil(kb * 1024 / code.length));
      const ms = await page.evaluate(
        ([source]) => (globalThis as unknown as InPage).colour(source!, "ts"),
        [source],
      );
      colours.push([`${kb} KB of TypeScript`, ms.toFixed(1)]);
    }
    progress(`${HOSTILE.length} hostile texts`);
    const hostile: { name: string; scriptMs: number; longestMs: number; totalMs: number }[] = [];
    for (const { name, source } of options.quick ? HOSTILE.slice(0, 3) : HOSTILE) {
      const shown = source.slice(0, ANSWER_BYTES_MAX);
      const { updatesMs, endMs, scriptMs } = await grow(
        page,
        shown,
        Math.ceil(shown.length / HOSTILE_PIECES),
      );
      const totalMs = updatesMs.reduce((sum, ms) => sum + ms, endMs);
      hostile.push({ name, scriptMs, longestMs: Math.max(endMs, ...updatesMs), totalMs });
    }
    hostile.sort((a, b) => b.scriptMs - a.scriptMs);
    const worstMs = hostile[0]!.scriptMs;
    return {
      title: "Rendering",
      text: [
        table(
          [
            "answer",
            "throttle",
            "update p50 ms",
            "p95 ms (each run)",
            "max ms",
            "end ms",
            "total ms",
            "goal",
          ],
          rows,
        ),
        "An update is 20 characters more: read, made nodes and laid out. The end reads the whole once more. The run with the " +
        "lowest p95 is shown: what else a machine does makes figures larger only.",
        table(["coloured once, when idle", "ms"], colours),
        table(
          ["hostile text", "script ms", "with layout ms", "total ms"],
          hostile.slice(0, WORST).map(({ name, scriptMs, longestMs, totalMs }) => [
            name,
            ...[scriptMs, longestMs, totalMs].map((ms) => ms.toFixed(0)),
          ]),
        ),
        `The longest update of the ${WORST} slowest of ${hostile.length}. Goal: no script of more than ` +
        `${GOALS.frameMs} ms${worstMs <= GOALS.frameMs ? "" : " (missed)"}.`,
      ].join("\n\n"),
    };
  } finally {
    await browser.kill();
  }
}

interface InPage {
  grow(source: string, size: number): Promise<Timed>;
  colour(source: string, language: string): Promise<number>;
}

function grow(page: Page, source: string, size: number): Promise<Timed> {
  return page.evaluate(
    ([source, size]) => (globalThis as unknown as InPage).grow(source, size),
    [source, size] as const,
  );
}

/** What is loaded on demand is in it as well. */
async function bundle(): Promise<string> {
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [new URL("../browser/markdown_page.tsx", import.meta.url).pathname],
    platform: "browser",
    format: "esm",
    minify: true,
    write: false,
  });
  if (!success) throw new Error(`Cannot bundle the page: ${errors.map(({ text }) => text).join("\n")}`);
  return outputFiles![0]!.text();
}
