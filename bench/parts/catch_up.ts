// Coming back to a long answer, and opening its page, while it is being written and afterwards.
import type { Bench, Section } from "../bench.ts";
import { type Spread, spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import type { Answer } from "../generator/answer.ts";
import { Follower } from "../generator/follower.ts";
import { addressOf, request, Wire } from "../generator/http.ts";
import { caughtUp } from "../targets/entries.ts";
import { follow, startApp } from "../targets/throughline.ts";

/** Slow enough that most tokens are an entry of their own, as those of a real model are. */
const TOKENS_PER_SECOND = 700;
/** Unmeasured: the first ones pay for compiling. */
const WARMUP = 3;
const GOAL_MS = 30;

interface Reconnects {
  what: string;
  entries: number;
  /** One after another. */
  alone: Spread;
  /** As many at once, each from its own request on. */
  together: Spread;
  goalMs: number | null;
}

export async function catchUp({ provider, options, progress }: Bench): Promise<Section> {
  const tokens = options.quick ? 500 : 10_000;
  const runs = options.quick ? 3 : 20;
  await using app = await startApp(provider, { name: "catch-up", env: { FLUSH_MS: "0" } });
  const answer = provider.answer({ tokens, perSecond: TOKENS_PER_SECOND, held: true });
  const [conversation] = await app.conversations(1);
  const { api, id, cursor } = conversation!;
  progress(`an answer of ${tokens} tokens, and who comes back to it`);
  using follower = new Follower(follow(app.url, api, id, cursor), answer, { arrived: () => {} });
  await follower.opened;
  await api.send(id, { text: answer.question });
  const rows: Reconnects[] = [];

  await reached(follower, tokens / 2);
  const pages: number[] = [];
  using wire = await Wire.connect(addressOf(app.url));
  const get = request("GET", `/c/${id}`, { cookie: api.cookie });
  for (let i = 0; i < WARMUP + runs; i++) {
    const beganMs = performance.now();
    const { status, body } = await wire.exchange(get);
    if (status !== 200) throw new Error(`GET /c/:id answered ${status}`);
    if (i >= WARMUP) pages.push(performance.now() - beganMs);
    checkPage(new TextDecoder().decode(body), answer);
  }
  const sentMeanwhile = answer.sent;

  await reached(follower, tokens);
  const events = (after: number | null) => follow(app.url, api, id, after);
  const measured = async (what: string, after: number | null, goalMs: number | null) => {
    const last = (await api.read(id)).cursor;
    const once = () => caughtUp(events(after), last);
    for (let i = 0; i < WARMUP; i++) await once();
    const alone: number[] = [];
    for (let i = 0; i < runs; i++) {
      const { ms, text } = await once();
      alone.push(ms);
      if (after === null) checkSnapshot(text, answer);
    }
    const together = await Promise.all(Array.from({ length: runs }, once));
    rows.push({
      what,
      entries: last,
      alone: spread(alone),
      together: spread(together.map(({ ms }) => ms)),
      goalMs,
    });
  };
  await measured("fresh cursor, while it is written", null, GOAL_MS);
  await measured("from the first entry, while it is written", 0, null);
  answer.end();
  await follower.done;
  // Every entry from the first on, checked as those who were there had it.
  using again = new Follower(events(0), answer, { arrived: () => {} });
  await again.done;
  await measured("fresh cursor, when it has ended", null, GOAL_MS);
  provider.forget([answer]);
  return {
    title: `Catch-up: an answer of ${tokens.toLocaleString("en")} tokens`,
    text: [
      table(
        [
          "caught up",
          "entries",
          "median ms",
          "max ms",
          "median ms, all at once",
          "runs",
          "goal for the median",
        ],
        rows.map(({ what, entries, alone, together, goalMs }) => [
          what,
          String(entries),
          alone.p50.toFixed(1),
          alone.max.toFixed(1),
          together.p50.toFixed(1),
          String(alone.count),
          goalMs === null ? "" : `< ${goalMs} ms${alone.p50 < goalMs ? "" : " (missed)"}`,
        ]),
      ),
      pageText(pages, tokens / 2, sentMeanwhile),
    ].join("\n\n"),
  };
}

function pageText(pages: readonly number[], from: number, to: number): string {
  const { p50, max } = spread(pages);
  return `GET /c/:id, whole page, while tokens ${from} to ${to} came at ${TOKENS_PER_SECOND} a second: median ` +
    `${p50.toFixed(1)} ms, max ${max.toFixed(1)} ms.`;
}

/** Resolves when that many tokens have arrived. */
async function reached(follower: Follower, tokens: number): Promise<void> {
  while (follower.tokens < tokens) { // bounded by the answer's pace, and by its follower's end
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), follower.done]);
  }
}

/** A page in mid-answer has its beginning, and nothing but it. */
function checkPage(html: string, { script, index, sent }: Answer): void {
  const beginning = script.text(Math.min(sent, 100)).trim();
  if (!html.includes(beginning)) throw new Error(`The page lacks the beginning of answer ${index}`);
}

function checkSnapshot(stream: string, { script, index, sent }: Answer): void {
  const data = stream.slice(stream.indexOf("event: snapshot\ndata: ") + "event: snapshot\ndata: ".length);
  const { messages } = JSON.parse(data.slice(0, data.indexOf("\n\n"))) as {
    messages: { role: string; parts: { text?: string }[] }[];
  };
  const text = messages.find(({ role }) => role === "assistant")?.parts.map(({ text }) => text).join("");
  if (text !== script.text(sent)) throw new Error(`The snapshot of answer ${index} has another text`);
}
