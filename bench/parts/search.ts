// Searching: a word that was said once, in a process that remembers, and in one that has just begun.
import type { Bench, Section } from "../bench.ts";
import { residentMiB } from "../figures/cpu.ts";
import { spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import type { ConversationRecord } from "../../lib/chat/conversations.ts";
import type { MessageRecord } from "../../lib/chat/messages.ts";
import { conversationKey, messageKey, recentKey } from "../../lib/kv/keys.ts";
import type { SearchPage } from "../../lib/protocol/api.ts";
import type { Api } from "../../tests/support/api.ts";
import { type RunningApp, startApp } from "../targets/throughline.ts";

/** The person of the goal, and one who has written for years. */
const PEOPLE = [
  { conversations: 100, messagesEach: 20, goalMs: 300 },
  { conversations: 10_000, messagesEach: 6, goalMs: null },
];
const NEEDLE = "xyzzyplugh";
const WORDS = 20_000;
/** Of a question and of an answer. */
const LENGTHS = [40, 220];
const RUNS = 30;

export async function search({ provider, options, progress }: Bench): Promise<Section> {
  const people = options.quick ? [{ conversations: 5, messagesEach: 4, goalMs: null }] : PEOPLE;
  const rows: string[][] = [];
  for (const { conversations, messagesEach, goalMs } of people) {
    await using app = await startApp(provider, { name: "search", env: {} });
    const api = await app.session();
    progress(`${conversations} conversations of ${messagesEach} messages, and a search through them`);
    const random = chances();
    const words = Array.from({ length: WORDS }, () => wordOf(random));
    const chars = await fill(app, api, conversations, messagesEach, words, random);
    const [most = "", second = ""] = words;
    const queries = {
      "said once": NEEDLE,
      "never said": "nowhere",
      "two said everywhere": `${second} ${most}`,
      "two letters of it": most.slice(0, 2),
    };
    const before = residentMiB(app.pids);
    const cold = await untilComplete(api);
    const after = residentMiB(app.pids);
    for (const [i, [what, query]] of Object.entries(queries).entries()) {
      const times: number[] = [];
      let whole = true;
      for (let run = 0; run < RUNS; run++) {
        const { ms, page } = await timed(api, query);
        times.push(ms);
        whole &&= page.complete;
      }
      const { p50, p99 } = spread(times);
      rows.push([
        i === 0 ? (conversations * messagesEach).toLocaleString("en") : "",
        i === 0 ? (chars / 1e6).toFixed(1) : "",
        i === 0 ? `${cold.ms.toFixed(0)} (${cold.asked} asked)` : "",
        what,
        p50.toFixed(1),
        p99.toFixed(1),
        whole ? "yes" : "no",
        i > 0 || goalMs === null ? "" : `< ${goalMs} ms${p99 < goalMs ? "" : " (missed)"}`,
        i > 0 || before === null || after === null ? "" : (after - before).toFixed(0),
      ]);
    }
  }
  return {
    title: "Search",
    text: table(
      [
        "messages",
        "M characters",
        "first search ms",
        "query",
        "warm p50 ms",
        "p99 ms",
        "complete",
        "goal",
        "RSS MiB more",
      ],
      rows,
    ),
  };
}

/** Searches until nothing is left to be read. */
async function untilComplete(api: Api): Promise<{ ms: number; asked: number }> {
  let ms = 0;
  for (let asked = 1; asked <= 20; asked++) {
    const answer = await timed(api, NEEDLE);
    ms += answer.ms;
    if (!answer.page.complete) continue;
    if (answer.page.hits.length !== 1) {
      throw new Error(`${answer.page.hits.length} hits for a word said once`);
    }
    return { ms, asked };
  }
  throw new Error("A search is not complete after twenty");
}

async function timed(api: Api, query: string): Promise<{ page: SearchPage; ms: number }> {
  const beganMs = performance.now();
  const response = await api.request("GET", `/api/search?q=${encodeURIComponent(query)}`);
  const page: SearchPage = await response.json();
  const ms = performance.now() - beganMs;
  if (response.status !== 200) throw new Error(`Searching answered ${response.status}`);
  return { page, ms };
}

/** Writes what the person has said, as the app stores it. Returns the characters of it. */
async function fill(
  { kvPath }: RunningApp,
  api: Api,
  conversations: number,
  messagesEach: number,
  words: readonly string[],
  random: () => number,
): Promise<number> {
  using kv = await Deno.openKv(kvPath);
  let chars = 0;
  for (let c = 0; c < conversations; c++) {
    const id = crypto.randomUUID();
    const updatedAt = 1_700_000_000_000 + c;
    const commit = kv.atomic();
    const record: ConversationRecord = {
      userId: api.userId,
      deletedAt: null,
      messageCount: messagesEach,
      conversation: {
        id,
        title: `Conversation ${c}`,
        titledBy: "person",
        model: "compatible/bench",
        systemPrompt: "",
        pinned: false,
        archived: false,
        activeLeaf: null,
        running: null,
        queue: [],
        createdAt: updatedAt,
        updatedAt,
      },
    };
    commit.set(conversationKey(id), record).set(recentKey(api.userId, updatedAt, id), true);
    for (let i = 0; i < messagesEach; i++) {
      const said = Array.from({ length: LENGTHS[i % 2]! }, () => words[common(random, WORDS)]!);
      if (c === conversations >> 1 && i === 1) said.push(NEEDLE);
      const text = said.join(" ");
      chars += text.length;
      const message: MessageRecord["message"] = {
        id: crypto.randomUUID(),
        conversationId: id,
        parentId: null,
        role: i % 2 === 0 ? "user" : "assistant",
        status: "complete",
        parts: [{ type: "text", text }],
        createdAt: updatedAt + i,
      };
      commit.set(messageKey(id, message.id), { whole: { message, seq: i + 1, order: i + 1 } });
    }
    await commit.commit();
  }
  return chars;
}

/** The same numbers on every machine. */
function chances(): () => number {
  let state = 7;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Common ones most often, as words are: the tenth a tenth as often as the first. */
function common(random: () => number, count: number): number {
  return Math.min(count - 1, Math.floor(Math.exp(random() * Math.log(count))) - 1);
}

function wordOf(random: () => number): string {
  const letters = "etaoinshrdlucmfwypvbgkjqxz";
  const length = 2 + Math.floor(random() * 9);
  return Array.from({ length }, () => letters[Math.floor(random() * random() * letters.length)]).join("");
}
