// Processes that are lost while they write: killed, frozen, drained. How soon does the answer go on, and is it whole?
import { Api } from "../../tests/support/api.ts";
import { Cluster } from "../../tests/support/cluster.ts";
import { observed, strike, type Survived, survived } from "../../tests/support/outage.ts";
import type { Random } from "../../tests/support/random.ts";
import type { Cut } from "../../tests/support/witness.ts";
import { freeze, type Woken } from "../../tests/support/zombies.ts";

/** An answer of two or three seconds: long enough to be killed in, short beside any lease. */
const TOKENS = 150;
const TOKENS_PER_SECOND = 60;
/** Processes killed in one round, each at its own moment. One more survives, and takes their jobs over. */
const VICTIMS = 5;
/** Answers that freeze together in one process. */
const FROZEN = 20;
/** Answers that are handed over by one drain. */
const DRAINED = 5;
const CUTS: readonly Cut[] = [{ bytesMax: 1_000 }];
const auto = { tokens: TOKENS, tokensPerSecond: TOKENS_PER_SECOND };

/** `kills` processes, each killed at a random moment of one answer. */
export async function killed(kills: number, leaseMs: number, random: Random): Promise<Survived[]> {
  const victims = Math.min(VICTIMS, kills);
  await using cluster = await Cluster.start({
    processes: victims + 1,
    auto,
    env: { LEASE_MS: String(leaseMs) },
  });
  const survivor = cluster.server(victims);
  const api = await Api.session(survivor.url);
  const results: Survived[] = [];
  while (results.length < kills) {
    const now = cluster.servers.slice(0, Math.min(victims, kills - results.length));
    const round = await Promise.all(now.map(async (victim) => {
      const answers = await observed(api, {
        at: victim,
        addresses: [victim, survivor],
        answers: 1,
        cuts: CUTS,
        random,
      });
      let gone: Promise<unknown> = Promise.resolve();
      const killedAt = await strike(answers, TOKENS, random, () => {
        gone = victim.kill("SIGKILL");
      });
      const [result] = await Promise.all([survived(api, answers, killedAt, TOKENS), gone]);
      return result;
    }));
    results.push(...round.flat());
    console.error(`${results.length} of ${kills} killed …`);
    if (results.length < kills) await Promise.all(now.map((victim) => victim.restart()));
  }
  return results;
}

/** `jobs` answers whose process is frozen past their leases, some together, and wakes after they have ended elsewhere. */
export async function frozen(jobs: number, random: Random): Promise<Woken> {
  await using cluster = await Cluster.start({ processes: 2, auto, env: { LEASE_MS: "1000" } });
  const total: Woken = { survived: [], left: 0, written: 0, asked: 0 };
  // An answer may end before its process is frozen: it does not count, and the rounds for others are bounded.
  const roundsMax = 3 * Math.ceil(jobs / FROZEN);
  for (let round = 0; total.left < jobs && round < roundsMax; round++) {
    const [zombie, taker] = [cluster.server(round % 2), cluster.server((round + 1) % 2)];
    const api = await Api.session(taker.url);
    const answers = await observed(api, {
      at: zombie,
      addresses: [taker],
      answers: Math.min(FROZEN, jobs - total.left),
      cuts: CUTS,
      random,
    });
    const woken = await freeze(cluster, api, answers, { zombie, tokens: TOKENS, random });
    total.survived.push(...woken.survived);
    total.left += woken.left;
    total.written += woken.written;
    total.asked += woken.asked;
    console.error(`${total.left} of ${jobs} frozen …`);
  }
  return total;
}

export interface Drained {
  survived: Survived[];
  exitMs: number[];
}

/** Processes that are told to leave by SIGTERM, with another on the same store. No lease runs out here. */
export async function drained(drains: number, random: Random): Promise<Drained> {
  await using cluster = await Cluster.start({ processes: 2, auto, env: { LEASE_MS: "300000" } });
  const total: Drained = { survived: [], exitMs: [] };
  for (let round = 0; round < drains; round++) {
    const [leaving, staying] = [cluster.server(round % 2), cluster.server((round + 1) % 2)];
    const api = await Api.session(staying.url);
    const answers = await observed(api, {
      at: leaving,
      addresses: [leaving, staying],
      answers: DRAINED,
      cuts: CUTS,
      random,
    });
    let exit: Promise<number> = Promise.resolve(NaN);
    const toldAt = await strike(answers, TOKENS, random, () => {
      exit = leaving.kill("SIGTERM").then(() => performance.now());
    });
    total.survived.push(...await survived(api, answers, toldAt, TOKENS));
    total.exitMs.push(await exit - toldAt);
    await leaving.restart();
  }
  return total;
}
