// SIGKILL at random moments, under many answers at once; each answer is checked byte for byte, by followers whose own
// connections are cut all the while.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../../support/api.ts";
import { Cluster } from "../../support/cluster.ts";
import { observed, strike, survived } from "../../support/outage.ts";
import { seeded } from "../../support/random.ts";
import type { Cut } from "../../support/witness.ts";

const TOKENS = 120;
const TOKENS_PER_SECOND = 100;
const LEASE_MS = 1_500;
const CUTS: readonly Cut[] = ["each event", { bytesMax: 700 }];

Deno.test("P1, P4: six answers whose process is killed at random end whole, nothing lost and nothing twice, however their followers are cut", async () => {
  const random = seeded("killed");
  await using cluster = await Cluster.start({
    processes: 2,
    auto: { tokens: TOKENS, tokensPerSecond: TOKENS_PER_SECOND },
    env: { LEASE_MS: String(LEASE_MS) },
  });
  const api = await Api.session(cluster.server(0).url);
  let taken = 0;
  for (const [at, other] of [[0, 1], [1, 0]] as const) {
    const victim = cluster.server(at);
    const survivor = cluster.server(other);
    const answers = await observed(api, {
      at: victim,
      addresses: [victim, survivor],
      answers: 3,
      cuts: CUTS,
      random,
    });
    let gone: Promise<unknown> = Promise.resolve();
    const killedAt = await strike(answers, TOKENS, random, () => {
      gone = victim.kill("SIGKILL");
    });
    const results = await survived(api.at(survivor.url), answers, killedAt, TOKENS);
    await gone;
    for (const { status, lost, repeated, amiss } of results) {
      assertEquals({ status, lost, repeated, amiss }, {
        status: "complete",
        lost: 0,
        repeated: 0,
        amiss: [],
      }, `seed ${random.seed}`);
    }
    taken += results.filter(({ attempts }) => attempts > 1).length;
    if (at === 0) await victim.restart();
  }
  assert(taken > 0, "no answer lost its process");
});
