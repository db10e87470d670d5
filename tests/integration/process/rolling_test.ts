// Draining with another process on the same store: the answer goes on there, and its followers see no seam.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../../support/api.ts";
import { Cluster } from "../../support/cluster.ts";
import { observed, strike, survived } from "../../support/outage.ts";
import { seeded } from "../../support/random.ts";

const TOKENS = 150;
const EXIT_MS_MAX = 5_000;
/** Far beyond the test: an answer that goes on was handed over, and did not wait for its lease. */
const ENV = { LEASE_MS: "300000" };
const WHOLE = { status: "complete", lost: 0, repeated: 0, amiss: [] };

Deno.test("DESIGN 4: SIGTERM with a second process on the store: the answer goes on there, and followers see no gap", async () => {
  const random = seeded("drained");
  await using cluster = await Cluster.start({
    processes: 2,
    auto: { tokens: TOKENS, tokensPerSecond: 100 },
    env: ENV,
  });
  const [leaving, staying] = [cluster.server(0), cluster.server(1)];
  const api = await Api.session(staying.url);
  const answers = await observed(api, {
    at: leaving,
    addresses: [leaving, staying],
    answers: 2,
    cuts: ["each event"],
    random,
  });
  let exit: Promise<number> = Promise.resolve(NaN);
  const toldAt = await strike(answers, TOKENS, random, () => {
    exit = leaving.kill("SIGTERM").then(({ code }) => (assertEquals(code, 0), performance.now()));
  });
  const results = await survived(api, answers, toldAt, TOKENS);
  const exitMs = await exit - toldAt;
  for (const { status, lost, repeated, amiss, firstTextMs } of results) {
    assertEquals({ status, lost, repeated, amiss }, WHOLE);
    console.log(`SIGTERM → the next word, elsewhere: ${firstTextMs?.toFixed(0) ?? "ended before"} ms`);
    // The promise is 2 s (bench/ has the figures); here a busy machine gets what P4 gives a lease that was handed back.
    assert((firstTextMs ?? 0) < 5_000);
  }
  assert(results.some(({ attempts }) => attempts > 1), "no answer was handed over");
  assert(exitMs < EXIT_MS_MAX, `the exit took ${exitMs} ms`);
});

Deno.test("DESIGN 4: a rolling restart of both processes under ten answers loses and repeats nothing", async () => {
  const random = seeded("rolled");
  await using cluster = await Cluster.start({
    processes: 2,
    auto: { tokens: TOKENS, tokensPerSecond: 50 },
    env: ENV,
  });
  const [one, other] = [cluster.server(0), cluster.server(1)];
  const addresses = [one, other];
  const api = await Api.session(one.url);
  const answers = (await Promise.all(
    addresses.map((at) => observed(api, { at, addresses, answers: 5, cuts: [{ bytesMax: 2_000 }], random })),
  )).flat();
  const beganAt = await strike(answers, TOKENS, random, () => {});
  for (const server of addresses) {
    const toldAt = performance.now();
    assertEquals((await server.kill("SIGTERM")).code, 0);
    const exitMs = performance.now() - toldAt;
    assert(exitMs < EXIT_MS_MAX, `the exit took ${exitMs} ms`);
    await server.restart();
  }
  const results = await survived(api, answers, beganAt, TOKENS);
  for (const { status, lost, repeated, amiss } of results) {
    assertEquals({ status, lost, repeated, amiss }, WHOLE);
  }
  // Those of the first process went to the second, and from there back: three attempts, none of them its own fault.
  assert(Math.max(...results.map(({ attempts }) => attempts)) > 1, "no answer was handed over");
});
