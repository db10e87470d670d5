// SIGSTOP: a process that is frozen past its leases, and wakes when others have done its work.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../../support/api.ts";
import { Cluster } from "../../support/cluster.ts";
import { observed } from "../../support/outage.ts";
import { seeded } from "../../support/random.ts";
import { freeze } from "../../support/zombies.ts";

const TOKENS = 120;

Deno.test("P5: a process frozen past its leases wakes, writes nothing, asks no provider and says that it left", async () => {
  const random = seeded("frozen");
  await using cluster = await Cluster.start({
    processes: 2,
    auto: { tokens: TOKENS, tokensPerSecond: 100 },
    env: { LEASE_MS: "1000" },
  });
  const [zombie, taker] = [cluster.server(0), cluster.server(1)];
  const api = await Api.session(taker.url);
  const answers = await observed(api, {
    at: zombie,
    // A frozen process accepts connections and never answers: its followers stand at the other one.
    addresses: [taker],
    answers: 4,
    cuts: [{ bytesMax: 700 }],
    random,
  });
  const woken = await freeze(cluster, api, answers, { zombie, tokens: TOKENS, random });
  for (const { status, lost, repeated, amiss } of woken.survived) {
    assertEquals({ status, lost, repeated, amiss }, { status: "complete", lost: 0, repeated: 0, amiss: [] });
  }
  const { left, written, asked } = woken;
  assert(left > 0, "no answer was taken over");
  assertEquals({ written, asked }, { written: 0, asked: 0 });
});
