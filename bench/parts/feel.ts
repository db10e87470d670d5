// How the built app feels in a real browser: what a growing answer costs each frame, how long a key or a press waits, what
// jumps, and what a chat of 500 messages takes to open and to hold.
import type { CDPSession, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { Bench, Section } from "../bench.ts";
import { spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import { Api } from "../../tests/support/api.ts";
import { startChromium } from "../../tests/support/chromium.ts";
import type { FakeProvider } from "../../tests/support/fake_provider/mod.ts";
import { longChat } from "../../tests/support/long_chat.ts";
import { MODELS, startWithProvider } from "../../tests/support/server_with_provider.ts";
import { markdownAnswer } from "./markdown.ts";

/** A phone of the cheaper kind, and one of the ordinary kind, by the browser's own throttle. */
const SLOW = 6;
const SLOWER = 4;
const MESSAGES = 500;
/** What a fast model says between two frames. */
const PIECE_CHARS = 20;
const PIECE_EVERY_MS = 10;
const VIEWPORT = { width: 390, height: 844 };
/** The longest that a figure is waited for. */
const WAIT_MS_MAX = 180_000;
/** Pages of a conversation that are loaded one after the other: more than 500 messages have. */
const PAGES_MAX = 40;
const RUNS = 3;

interface Figure {
  what: string;
  unit: string;
  goal: number | null;
  /** One for each run. */
  values: number[];
  digits?: number;
}

export async function feel({ options, progress }: Bench): Promise<Section> {
  const runs = options.runs ?? (options.quick ? 1 : RUNS);
  const kb = (wanted: number) => options.quick ? 4 : wanted;
  const figures = new Map<string, Figure>();
  const note = (what: string, unit: string, goal: number | null, value: number, digits = 1) => {
    const figure = figures.get(what) ?? { what, unit, goal, values: [], digits };
    figure.values.push(value);
    figures.set(what, figure);
  };
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const browser = await startChromium();
  try {
    const connection = await chromium.connectOverCDP(browser.endpoint);
    const open = async (path: string, rate: number) => {
      const context = await connection.newContext({ viewport: VIEWPORT });
      const equals = api.cookie.indexOf("=");
      await context.addCookies([{
        url: server.url,
        name: api.cookie.slice(0, equals),
        value: api.cookie.slice(equals + 1),
        httpOnly: true,
      }]);
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS_MAX);
      const devtools = await context.newCDPSession(page);
      // Time that the page's thread ran, whatever else the machine did meanwhile.
      await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
      await page.addInitScript(watch);
      await devtools.send("Emulation.setCPUThrottlingRate", { rate });
      await page.goto(server.url + path, { waitUntil: "load" });
      await page.locator('body[data-connection="live"]').waitFor();
      return { page, devtools, close: () => context.close() };
    };
    const begin = async () => (await api.create({ model: MODELS.chat })).id;
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}: an answer of 30 KB at ${SLOW}×`);
      {
        const id = await begin();
        const { page, devtools, close } = await open(`/c/${id}`, SLOW);
        // A page that is being read may show its lower part later than its upper.
        await page.evaluate(() => {
          const { watched } = globalThis as unknown as { watched: Watched };
          Object.assign(watched, { fromMs: performance.now(), shifts: 0 });
        });
        const before = await metrics(devtools);
        await say(api, fake, page, id, kb(30));
        const after = await metrics(devtools);
        const { framesMs, shifts } = await watched(page);
        const { p50, p95 } = spread(framesMs);
        const ran = (name: string) => 1_000 * (after[name]! - before[name]!);
        const work = ran("ScriptDuration") + ran("LayoutDuration") + ran("RecalcStyleDuration");
        note(
          `30 KB at ${SLOW}×: script, style and layout an update, mean`,
          "ms",
          null,
          work / framesMs.length,
        );
        note(`30 KB at ${SLOW}×: an update, p50`, "ms", null, p50);
        note(`30 KB at ${SLOW}×: an update, p95`, "ms", null, p95);
        note("layout shift of the whole stream", "", 0.02, shifts, 4);
        await close();
      }
      progress("an answer of 50 KB");
      {
        const id = await begin();
        const { page, devtools, close } = await open(`/c/${id}`, 1);
        const before = await metrics(devtools);
        await say(api, fake, page, id, kb(50));
        const after = await metrics(devtools);
        note(
          "50 KB: script in all",
          "ms",
          2_000,
          1_000 * (after.ScriptDuration! - before.ScriptDuration!),
          0,
        );
        note("50 KB: all work in all", "ms", null, 1_000 * (after.TaskDuration! - before.TaskDuration!), 0);
        await close();
      }
      progress(`a chat of ${MESSAGES} messages`);
      const { conversation } = await longChat(server.kvPath, api, {
        count: options.quick ? 60 : MESSAGES,
        model: MODELS.chat,
      });
      {
        const { page, devtools, close } = await open(`/c/${conversation.id}`, SLOWER);
        const { readyMs } = await watched(page);
        const { TaskDuration } = await metrics(devtools);
        note(
          `${MESSAGES} messages at ${SLOWER}×: work until it is at rest`,
          "ms",
          null,
          1_000 * TaskDuration!,
          0,
        );
        note(`${MESSAGES} messages at ${SLOWER}×: until it answers`, "ms", 1_000, readyMs, 0);
        progress("typing and stopping while it streams");
        await typeAndStop(api, fake, page, conversation.id);
        const { keysMs, pressMs } = await watched(page);
        note(`typing while it streams at ${SLOWER}×, p95`, "ms", 50, spread(keysMs).p95, 0);
        note(`INP while it streams at ${SLOWER}×`, "ms", 200, Math.max(pressMs, ...keysMs), 0);
        await devtools.send("Emulation.setCPUThrottlingRate", { rate: 1 });
        note("heap with the last page", "MB", null, await heapMb(devtools));
        progress("all of its messages");
        await loadAll(page);
        note("heap with all messages", "MB", 150, await heapMb(devtools));
        await close();
      }
    }
  } finally {
    await browser.kill();
  }
  return {
    title: "Feel",
    text: [
      table(
        ["figure", "unit", "best", "all runs", "goal"],
        [...figures.values()].map(({ what, unit, goal, values, digits }) => {
          const best = Math.min(...values);
          return [
            what,
            unit,
            best.toFixed(digits),
            values.map((value) => value.toFixed(digits)).join(", "),
            goal === null ? "" : `≤ ${goal}${best <= goal ? "" : " (missed)"}`,
          ];
        }),
      ),
      `The best of the runs is judged: what else the machine does makes figures larger only. An update is a frame in which ` +
      `the app drew: from its first script to the end of its layout and paint; the goal of 8 ms is for text read, made nodes and ` +
      `laid out, which the part "rendering" measures. Pieces of ${PIECE_CHARS} characters come each ` +
      `${PIECE_EVERY_MS} ms; frames join what came between them. The browser rounds what keys wait to 8 ms.`,
    ].join("\n\n"),
  };
}

interface Watched {
  /** Frames in which the app drew. */
  framesMs: number[];
  /** What keys, and what the worst press, waited for the frame that shows it. */
  keysMs: number[];
  pressMs: number;
  /** What moved without a person's doing since `fromMs`, summed within the worst five seconds, as CLS is defined. */
  shifts: number;
  fromMs: number;
  /** When the page first answered and had nothing long to do. */
  readyMs: number;
}

/** Runs in the page, before anything else. */
function watch(): void {
  const seen = { framesMs: [], keysMs: [], pressMs: 0, shifts: 0, fromMs: 0, readyMs: 0 } as Watched;
  Object.assign(globalThis, { watched: seen });
  const frame = globalThis.requestAnimationFrame.bind(globalThis);
  let beganAt = 0;
  globalThis.requestAnimationFrame = (draw) =>
    frame((now) => {
      if (beganAt === 0) {
        beganAt = performance.now();
        // The first task after the frame: script, style, layout and paint are over.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          seen.framesMs.push(performance.now() - beganAt);
          beganAt = 0;
        };
        port2.postMessage(null);
      }
      draw(now);
    });
  const observe = (type: string, note: (entry: PerformanceEntry) => void, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({
      type,
      buffered: true,
      ...more,
    });
  observe("event", (entry) => {
    const { name, duration, interactionId } = entry as PerformanceEntry & { interactionId: number };
    if (name === "keydown") seen.keysMs.push(duration);
    else if (interactionId > 0) seen.pressMs = Math.max(seen.pressMs, duration);
  }, { durationThreshold: 16 });
  let shift = { firstMs: -Infinity, lastMs: -Infinity, sum: 0 };
  observe("layout-shift", (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
    const { startTime } = entry;
    if (hadRecentInput || startTime < seen.fromMs) return;
    // A second without a shift ends a window, and so do five seconds.
    if (startTime - shift.lastMs > 1_000 || startTime - shift.firstMs > 5_000) {
      shift = { firstMs: startTime, lastMs: startTime, sum: 0 };
    }
    shift = { ...shift, lastMs: startTime, sum: shift.sum + value };
    seen.shifts = Math.max(seen.shifts, shift.sum);
  });
  observe("longtask", ({ startTime, duration }) => {
    if (document.body?.dataset.connection !== "live") {
      seen.readyMs = Math.max(seen.readyMs, startTime + duration);
    }
  });
  const revived = new MutationObserver(() => {
    if (document.body?.dataset.connection === undefined) return;
    seen.readyMs = Math.max(seen.readyMs, performance.now());
    revived.disconnect();
  });
  revived.observe(document, { subtree: true, attributes: true, attributeFilter: ["data-connection"] });
}

async function watched(page: Page): Promise<Watched> {
  await page.evaluate(() =>
    new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(frame, 100))))
  );
  return await page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched);
}

/** An answer of so many KB to a question that was asked elsewhere, until the page shows its end. */
async function say(api: Api, fake: FakeProvider, page: Page, id: string, kb: number): Promise<void> {
  const text = Array.from({ length: kb }, (_, i) => markdownAnswer(i)).join("\n\n").slice(0, kb * 1024);
  await api.send(id, { text: "Say much" });
  const call = await fake.next();
  for (let at = 0; at < text.length; at += PIECE_CHARS) {
    await call.send(text.slice(at, at + PIECE_CHARS));
    await new Promise((resolve) => setTimeout(resolve, PIECE_EVERY_MS));
  }
  await call.end();
  await page.locator('article[data-role="assistant"][data-status="complete"]').last().waitFor();
}

async function typeAndStop(api: Api, fake: FakeProvider, page: Page, id: string): Promise<void> {
  await api.send(id, { text: "Say much" });
  const call = await fake.next();
  let talks = true;
  const talking = (async () => {
    for (let i = 0; talks; i++) {
      for (const piece of markdownAnswer(i).match(/[^]{1,20}/g) ?? []) {
        if (!talks) return;
        await call.send(piece);
        await new Promise((resolve) => setTimeout(resolve, PIECE_EVERY_MS));
      }
    }
  })();
  await page.locator('article[data-status="streaming"] [data-text]').last().waitFor();
  const composer = page.locator("textarea#composer");
  await composer.click();
  await composer.pressSequentially("what a person types while the answer comes", { delay: 60 });
  await page.locator('[data-action="stop"]').click();
  await page.locator('article[data-status="cancelled"]').last().waitFor();
  talks = false;
  await talking;
}

async function loadAll(page: Page): Promise<void> {
  for (let pages = 0; pages < PAGES_MAX && await page.locator(".earlier").count() > 0; pages++) {
    await page.evaluate(async () => {
      const count = () => document.querySelectorAll("article[data-message-id]").length;
      const before = count();
      const list = document.querySelector(".log")!;
      while (count() === before && document.querySelector(".earlier") !== null) {
        list.scrollTop = 0;
        await new Promise((frame) => requestAnimationFrame(frame));
      }
    });
  }
}

async function metrics(devtools: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function heapMb(devtools: CDPSession): Promise<number> {
  await devtools.send("HeapProfiler.collectGarbage");
  return (await metrics(devtools)).JSHeapUsedSize! / 1e6;
}
