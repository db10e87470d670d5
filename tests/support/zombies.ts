// A process that is frozen past its leases, and wakes.
import type { Api } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { stop } from "./frozen.ts";
import { type Observed, strike, type Survived, survived } from "./outage.ts";
import type { Random } from "./random.ts";
import type { AppServer } from "./server.ts";

/** Between the freeze and the wake the taker's answers all come to their ends; then each zombie has to let go. */
export interface Woken {
  survived: Survived[];
  /** Generations that the zombie said it left. */
  left: number;
  /** Entries of all topics that came after the wake. */
  written: number;
  /** Requests that the provider got after the wake. */
  asked: number;
}

/** Freezes `zombie` amid `answers`, waits for `taker` to end them all, wakes it, and waits until it has let go of each. */
export async function freeze(
  cluster: Cluster,
  api: Api,
  answers: readonly Observed[],
  { zombie, tokens, random }: { zombie: AppServer; tokens: number; random: Random },
): Promise<Woken> {
  // Not in the last quarter: those who watch stand at the other process, and see it a poll later.
  const frozenAt = await strike(answers, Math.floor(tokens * 0.75), random, () => stop(zombie.pid));
  try {
    const results = await survived(api, answers, frozenAt, tokens);
    const cursors = () =>
      Promise.all(answers.map(async ({ asked }) => (await api.read(asked.conversationId)).cursor));
    const before = { cursors: await cursors(), asked: cluster.fake.exchanges.length };
    Deno.kill(zombie.pid, "SIGCONT");
    const taken = answers.filter((_, i) => results[i]!.attempts > 1);
    const said = await Promise.all(
      taken.map(({ asked: { generationId } }) =>
        zombie.event((line) => line.event === "generation_left" && line.generationId === generationId)
      ),
    );
    // It lives, and has done what it does at its own pace: a request through it is answered.
    await api.at(zombie.url).list();
    const after = await cursors();
    return {
      survived: results,
      left: said.length,
      written: after.reduce((sum, cursor, i) => sum + cursor - before.cursors[i]!, 0),
      asked: cluster.fake.exchanges.length - before.asked,
    };
  } catch (error) {
    // A process that stays frozen could not be ended by its harness in time.
    Deno.kill(zombie.pid, "SIGCONT");
    throw error;
  }
}
