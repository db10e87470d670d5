// What is done to processes that are writing answers, and what became of the answers.
import { isTerminal, textOf } from "../../lib/protocol/message.ts";
import type { Api } from "./api.ts";
import { ask, type Asked } from "./cluster.ts";
import { countTo } from "./count.ts";
import type { Random } from "./random.ts";
import type { AppServer } from "./server.ts";
import { type Cut, miscounted, Witness } from "./witness.ts";

/** One answer that lost its writer. Times are milliseconds since the process was lost. */
export interface Survived {
  /** To the first text that is new to a follower; null when the answer had ended before. */
  firstTextMs: number | null;
  endMs: number;
  attempts: number;
  status: string;
  /** Characters that were there when the process was lost. */
  charsBefore: number;
  lost: number;
  repeated: number;
  /** What a witness saw amiss. */
  amiss: string[];
  /** Connections of all its followers. */
  connections: number;
}

/** An answer with its witnesses. The first of them is never cut, and keeps the time. */
export interface Observed {
  asked: Asked;
  witnesses: readonly [Witness, ...Witness[]];
}

/** Asks for `answers` at `at`, each followed at all of `addresses` by one steady witness and one for each of `cuts`. */
export function observed(
  api: Api,
  { at, addresses, answers, cuts, random }: {
    at: AppServer;
    addresses: readonly AppServer[];
    answers: number;
    cuts: readonly Cut[];
    random: Random;
  },
): Promise<Observed[]> {
  const apis = addresses.map(({ url }) => api.at(url));
  return Promise.all(Array.from({ length: answers }, async () => {
    const asked = await ask(api.at(at.url));
    const witness = (cut: Cut) => new Witness(apis, asked, cut, random);
    return { asked, witnesses: [witness("never"), ...cuts.map(witness)] };
  }));
}

/** Waits until the first of `observed` has come to a random place, or another has ended; then does `fault` at once, and returns when that was. */
export async function strike(
  observed: readonly Observed[],
  tokens: number,
  random: Random,
  fault: () => void | Promise<void>,
): Promise<number> {
  const [first] = observed;
  // Before the first token, too; and not in the last tenth, where a slow machine would always come too late.
  const count = random.between(0, Math.floor(tokens * 0.9));
  await first?.witnesses[0].grown(countTo(count).length);
  const at = performance.now();
  await fault();
  return at;
}

/** Waits for the ends of `observed`, and counts what is missing in each, by each of its witnesses. */
export function survived(
  api: Api,
  observed: readonly Observed[],
  lostAt: number,
  tokens: number,
): Promise<Survived[]> {
  const before = observed.map(({ witnesses: [steady] }) => ({
    chars: steady.text.length,
    attempt: steady.attempt,
  }));
  return Promise.all(observed.map(async ({ asked, witnesses }, i) => {
    const messages = await Promise.all(witnesses.map(({ done }) => done));
    const [steady] = witnesses;
    const amiss = witnesses.flatMap((witness) => witness.amiss);
    const texts = new Set([...messages.map(textOf), ...witnesses.map(({ text }) => text)]);
    if (texts.size !== 1) amiss.push(`${witnesses.length} followers saw ${texts.size} texts`);
    const { conversation, messages: kept, cursor } = await api.read(asked.conversationId);
    if (cursor !== steady.cursor) amiss.push(`entries ${cursor} after the terminal entry ${steady.cursor}`);
    if (conversation.running !== null) amiss.push("the conversation says that it runs");
    for (const message of kept) if (!isTerminal(message.status)) amiss.push(`${message.role} without an end`);
    for (const [attempt, text] of steady.texts) {
      if (!countTo(tokens).startsWith(text)) amiss.push(`attempt ${attempt} is no beginning of the answer`);
    }
    const attempts = steady.attempt;
    const firstNewAt = attempts > before[i]!.attempt ? steady.firstTextAt.get(attempts) : undefined;
    return {
      firstTextMs: firstNewAt === undefined ? null : firstNewAt - lostAt,
      endMs: steady.endedAt! - lostAt,
      attempts,
      status: messages[0]!.status,
      charsBefore: before[i]!.chars,
      ...miscounted(textOf(messages[0]!), tokens),
      amiss,
      connections: witnesses.reduce((sum, witness) => sum + witness.connections, 0),
    };
  }));
}
