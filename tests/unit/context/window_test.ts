import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { REQUEST_TOKENS } from "@/lib/context/estimate.ts";
import {
  RECENT_MAX,
  type Sized,
  type SizedSummary,
  SUMMARY_TOKENS,
  type Window,
  windowOf,
  type WindowOptions,
} from "@/lib/context/window.ts";
import { seeded } from "../../support/random.ts";

const random = seeded("windows");

/** A branch of turns, each a question and, but for the last, an answer. Of some messages nothing is left to send. */
function branchOf(turns: readonly (readonly [question: number, answer: number])[]): Sized[] {
  const branch: Sized[] = turns.flatMap(([question, answer], turn) => [
    { id: `q${turn}`, role: "user" as const, tokens: question },
    { id: `a${turn}`, role: "assistant" as const, tokens: answer },
  ]);
  branch.pop();
  return branch;
}

function even(turns: number, tokens: number): Sized[] {
  return branchOf(Array.from({ length: turns }, () => [tokens, tokens] as const));
}

function window(branch: readonly Sized[], roomTokens: number, options: Partial<WindowOptions> = {}) {
  const found = windowOf({ branch, systemTokens: 0, roomTokens, summaries: [], ...options });
  assert(found.fits);
  return found;
}

const tokens = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 5, max: 600 }) },
  { weight: 1, arbitrary: fc.integer({ min: 600, max: 6_000 }) },
);
const options: fc.Arbitrary<WindowOptions> = fc.record({
  turns: fc.array(fc.tuple(tokens, fc.oneof({ weight: 8, arbitrary: tokens }, fc.constant(0))), {
    minLength: 1,
    maxLength: 60,
  }),
  systemTokens: fc.integer({ min: 0, max: 2_000 }),
  roomTokens: fc.integer({ min: 50, max: 12_000 }),
  summarised: fc.array(fc.tuple(fc.nat({ max: 130 }), fc.integer({ min: 40, max: 2_500 })), { maxLength: 8 }),
}).map(({ turns, systemTokens, roomTokens, summarised }) => {
  const branch = branchOf(turns);
  const summaries = summarised.map(([at, tokens]): SizedSummary => ({
    // Of questions and answers, of this branch and of others, and of its very end.
    throughId: branch[at % (branch.length + 3)]?.id ?? `elsewhere${at}`,
    tokens,
  }));
  return { branch, systemTokens, roomTokens, summaries };
});

function each(check: (options: WindowOptions, window: Window) => void): void {
  fc.assert(fc.property(options, (options) => check(options, windowOf(options))), {
    seed: random.seed | 0,
    numRuns: 3_000,
  });
}

Deno.test("C1: what is sent never has more tokens than the room, and its tokens are what is said", () => {
  each(({ branch, systemTokens, roomTokens }, window) => {
    if (!window.fits) return;
    const sent = branch.slice(window.start).reduce((sum, { tokens }) => sum + tokens, 0);
    assertEquals(window.tokens, REQUEST_TOKENS + systemTokens + (window.summary?.tokens ?? 0) + sent);
    assert(window.tokens <= roomTokens, `${window.tokens} > ${roomTokens}`);
  });
});

Deno.test("C1: the newest message is always sent, unless it and the instructions alone are too much", () => {
  each(({ branch, systemTokens, roomTokens }, window) => {
    const least = REQUEST_TOKENS + systemTokens + branch.at(-1)!.tokens;
    assertEquals(window.fits, least <= roomTokens);
    if (window.fits) assert(window.start < branch.length);
    else assertEquals(window.tokens, least);
  });
});

Deno.test("C2: nothing is sent twice, and all that is not sent is counted", () => {
  each(({ branch }, window) => {
    if (!window.fits) return;
    const { start, summary, omitted } = window;
    if (summary !== null) {
      const end = branch.findIndex(({ id }) => id === summary.throughId) + 1;
      assert(end > 0, "a summary of another branch");
      assert(end <= start, `the summary ends at ${end}, and the messages begin at ${start}`);
    }
    assertEquals(omitted, branch.slice(0, start).filter(({ tokens }) => tokens > 0).length);
  });
});

Deno.test("C3: what is sent begins with a person's message, and roles alternate as they did", () => {
  each(({ branch }, window) => {
    if (!window.fits) return;
    assertEquals(branch[window.start]!.role, "user");
    const roles = branch.slice(window.start).map(({ role }) => role);
    for (const [at, role] of roles.entries()) assertEquals(role, at % 2 === 0 ? "user" : "assistant");
  });
});

Deno.test("C2: everything is sent while it fits, however many messages; of what does not, 20 at most", () => {
  each(({ branch, systemTokens, roomTokens }, window) => {
    if (!window.fits) return;
    const all = REQUEST_TOKENS + systemTokens + branch.reduce((sum, { tokens }) => sum + tokens, 0);
    assertEquals(window.start === 0 && window.omitted === 0, all <= roomTokens || branch.length === 1);
    const sent = branch.slice(window.start).filter(({ tokens }) => tokens > 0).length;
    if (all > roomTokens) assert(sent <= RECENT_MAX, `${sent} messages`);
  });
  assertEquals(window(even(200, 10), 10_000).start, 0);
});

Deno.test("the same branch and summaries give the same window, in whatever order the summaries come", () => {
  each((options, window) => {
    const { summaries } = options;
    const ids = new Set(summaries.map(({ throughId }) => throughId));
    if (ids.size < summaries.length) return;
    assertEquals(windowOf({ ...options, summaries: summaries.toReversed() }), window);
  });
});

/**
 * Windows of one conversation as it grows by turns of `tokens`. A summary that is missed is there for the next turn; or,
 * when it was `foreseen`, for the turn that misses it.
 */
function* growing(turns: number, tokens: number, roomTokens: number, foreseen = false) {
  const summaries: SizedSummary[] = [];
  for (let turn = 1; turn <= turns; turn++) {
    const branch = even(turn, tokens);
    let found = window(branch, roomTokens, { summaries });
    const { missing } = found;
    const made = missing === null ? null : { throughId: branch[missing - 1]!.id, tokens: 400 };
    if (foreseen && made !== null) {
      summaries.push(made);
      found = window(branch, roomTokens, { summaries });
    }
    yield { branch, window: found };
    if (!foreseen && made !== null) summaries.push(made);
  }
}

Deno.test("C4: one summary serves several turns: each is missed once, and used from the next turn until the one after it", () => {
  for (const tokens of [60, 150, 300, 500]) {
    const missed: number[] = [];
    const used = new Map<string, number>();
    for (const { window } of growing(150, tokens, 6_000)) {
      if (window.missing !== null) missed.push(window.missing);
      const through = window.summary?.throughId;
      if (through !== undefined) used.set(through, (used.get(through) ?? 0) + 1);
    }
    assertEquals(new Set(missed).size, missed.length, "a boundary was missed twice");
    assertEquals(missed, missed.toSorted((a, b) => a - b));
    // Questions and answers are as long as each other: at 500 tokens, 9 or 10 fit beside a summary.
    const perSummary = 150 / missed.length;
    assert(
      perSummary >= (tokens <= 300 ? 4.5 : 1.8),
      `${tokens} tokens: ${perSummary} turns for each summary`,
    );
    assert(used.size >= missed.length - 1);
  }
});

Deno.test("C4: a summary never takes away more than half of the messages that could be sent", () => {
  for (const tokens of [60, 150, 300, 500, 900, 1_400]) {
    for (const { branch, window: found } of growing(80, tokens, 6_000, true)) {
      if (found.omitted === 0) continue;
      const could = Math.min(RECENT_MAX, Math.floor((6_000 - SUMMARY_TOKENS) / tokens));
      const sent = branch.length - found.start;
      assert(sent >= Math.floor(could / 2), `${tokens}: ${sent} of ${could}`);
    }
  }
});

Deno.test("a summary that is not ready yet: the best earlier one, and as much of the gap as fits", () => {
  const branch = even(30, 200);
  // The room has 25 messages, and 20 are sent at most: a summary should end after the 20th turn.
  const none = window(branch, 5_000);
  assertEquals([none.missing, none.summary], [40, null]);
  assertEquals(branch.length - none.start, 19);
  const early = [{ throughId: "a14", tokens: 900 }, { throughId: "a9", tokens: 300 }];
  const gap = window(branch, 5_000, { summaries: early });
  assertEquals(gap.summary?.throughId, "a14");
  assertEquals(gap.missing, 40);
  assertEquals(branch.length - gap.start, 19);
  // With more room taken by the summary, less of the gap fits.
  assertEquals(window(branch, 4_000, { summaries: early }).start, branch.length - 15);
});

Deno.test("a later summary covers all that is left out: no other is made, unless it would take too much away", () => {
  const branch = even(30, 200);
  const later = window(branch, 5_000, { summaries: [{ throughId: "a21", tokens: 300 }] });
  assertEquals([later.start, later.missing], [44, null]);
  const tooLate = window(branch, 5_000, { summaries: [{ throughId: "a27", tokens: 300 }] });
  assertEquals(tooLate.missing, 40);
});

Deno.test("a summary that does not fit beside the newest message is left out, and the message is not", () => {
  const branch = branchOf([[100, 100], [100, 100], [100, 100], [850, 0]]);
  const found = window(branch, 1_000, { summaries: [{ throughId: "a2", tokens: 400 }] });
  assertEquals([found.start, found.summary, found.omitted], [6, null, 6]);
});
