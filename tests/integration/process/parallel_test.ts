// PARALLEL=1: two workers in one process, each a program of its own, behind one port.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { StreamEvent } from "../../../lib/protocol/event.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { type Asked, Cluster, CLUSTER_MODEL } from "../../support/cluster.ts";
import { countTo } from "../../support/count.ts";
import { observed, strike, survived } from "../../support/outage.ts";
import { join, ROOT } from "../../support/paths.ts";
import { allGone, descendants, goneByThemselves } from "../../support/processes.ts";
import { seeded } from "../../support/random.ts";
import { AppServer, machineEnv } from "../../support/server.ts";
import { Device, PARALLEL } from "../../support/worker_devices.ts";

const TOKENS = 150;
const AUTO = { tokens: TOKENS, tokensPerSecond: 100 };
const EXIT_MS_MAX = 5_000;
/** Far beyond the test: an answer that goes on was handed over, and did not wait for its lease. */
const HANDED_OVER = { ...PARALLEL, LEASE_MS: "300000" };
const WHOLE = { status: "complete", lost: 0, repeated: 0, amiss: [] };

Deno.test("P1: what one worker writes is followed at both, over connections that are cut, without a gap or a repeat", async () => {
  const random = seeded("workers");
  await using cluster = await Cluster.start({ processes: 1, auto: AUTO, env: PARALLEL });
  const server = cluster.server(0);
  const api = await Api.session(server.url);
  const both = await workersOf(server, api);
  const answers = await observed(api, {
    at: server,
    addresses: [server],
    answers: 2,
    cuts: ["each event", { bytesMax: 700 }],
    random,
  });
  const results = await survived(api, answers, performance.now(), TOKENS);
  for (const { status, lost, repeated, amiss } of results) {
    assertEquals({ status, lost, repeated, amiss }, WHOLE, `seed ${random.seed}`);
  }
  assertEquals(servers(server, "GET", "/events"), both);
});

Deno.test("P6, P7: what is asked ten times of two workers runs once, and what one worker writes the other stops", async () => {
  await using cluster = await Cluster.start({ processes: 1, env: PARALLEL });
  const server = cluster.server(0);
  const api = await Api.session(server.url);
  const both = await workersOf(server, api);
  const conversation = await api.create({ model: CLUSTER_MODEL, title: "Asked once" });
  const message = { id: crypto.randomUUID(), text: "Hello?" };
  const [here, there] = await Device.atBoth(server, api);
  using _here = here;
  using _there = there;
  const sent = await Promise.all(
    Array.from({ length: 10 }, (_, i) => [here, there][i % 2]!.api.send(conversation.id, message)),
  );
  for (const answer of sent) assertEquals(answer, sent[0]);
  assertEquals(servers(server, "POST", "/messages"), both);
  const call = await cluster.fake.next();
  await call.send("Once.");
  await call.end();
  const { messageId } = sent[0]!.reply;
  const answers = await Promise.all([here, there].map(({ api }) => api.finished(conversation.id, messageId)));
  assertEquals(answers.map(textOf), ["Once.", "Once."]);
  assertEquals(cluster.fake.exchanges.length, 1);

  for (const writer of both) {
    const { conversationId, messageId, generationId } = await askOf(server, api, writer);
    const call = await cluster.fake.next();
    await call.send("1 2 ");
    await api.followUntil(
      conversationId,
      ({ messages }) => messages.some(({ id, parts }) => id === messageId && textOf({ parts }) === "1 2 "),
    );
    using stopper = await Device.at(server, api, (worker) => worker !== writer);
    await stopper.api.cancel(generationId);
    await call.closed;
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, textOf(answer)], ["cancelled", "1 2 "]);
  }
  assertEquals(servers(server, "POST", "/cancel"), both);
});

Deno.test("DESIGN 4: SIGTERM reaches every worker: followers are told, all leases are handed back, and another process goes on", async () => {
  const random = seeded("drained");
  await using cluster = await Cluster.start({ processes: 2, auto: AUTO, env: HANDED_OVER });
  const [leaving, staying] = [cluster.server(0), cluster.server(1)];
  const api = await Api.session(staying.url);
  const both = await workersOf(leaving, api);
  const answers = await observed(api, {
    at: leaving,
    addresses: [leaving, staying],
    answers: 4,
    cuts: [{ bytesMax: 700 }],
    random,
  });
  const devices = await Device.atBoth(leaving, api);
  using _here = devices[0];
  using _there = devices[1];
  const byes = devices.map(({ api }, i) => lastOf(api.follow(answers[i]!.asked.conversationId)));
  let exit: Promise<number> = Promise.resolve(NaN);
  const toldAt = await strike(answers, TOKENS, random, () => {
    exit = leaving.kill("SIGTERM").then(({ code }) => (assertEquals(code, 0), performance.now()));
  });
  for (const bye of await Promise.all(byes)) assertEquals(bye, { type: "bye", data: { reason: "drain" } });
  const exitMs = await exit - toldAt;
  console.log(`SIGTERM → exit: ${exitMs.toFixed(0)} ms`);
  assert(exitMs < EXIT_MS_MAX, `the exit took ${exitMs} ms`);
  assertEquals(workersThatSaid(leaving, "drained"), both);
  const generations = leaving.logs.filter(({ event }) => event === "draining").map((line) =>
    line.generations
  );
  const results = await survived(api, answers, toldAt, TOKENS);
  for (const { status, lost, repeated, amiss } of results) {
    assertEquals({ status, lost, repeated, amiss }, WHOLE, `seed ${random.seed}`);
  }
  // Those that had not ended before.
  const handedOver = results.filter(({ attempts }) => attempts > 1).length;
  assertEquals(handedOver, generations.reduce((sum: number, some) => sum + Number(some), 0));
});

Deno.test("PARALLEL=1: workers whose supervisor is killed hand back what they have and end; nothing is left behind", async () => {
  await using cluster = await Cluster.start({ processes: 2, env: HANDED_OVER });
  const [orphaned, staying] = [cluster.server(0), cluster.server(1)];
  const api = await Api.session(staying.url);
  const both = await workersOf(orphaned, api);
  const asked = await Promise.all(both.map((worker) => askOf(orphaned, api.at(orphaned.url), worker)));
  for (let i = 0; i < asked.length; i++) await (await cluster.fake.next()).send("Interrupted");
  const family = descendants(orphaned.pid);
  assertEquals(family.length, 1);
  cluster.fake.auto = AUTO;
  const killed = orphaned.kill("SIGKILL"); // resolves when nobody has its output open any more
  try {
    await goneByThemselves(family);
  } finally {
    await allGone(family);
    await killed;
  }
  assertEquals(workersThatSaid(orphaned, "drained"), both);
  for (const { conversationId, messageId } of asked) {
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, textOf(answer).trim()], ["complete", countTo(TOKENS)]);
  }
});

Deno.test("P4: SIGKILL of the workers ends their supervisor, and what they wrote is taken over at the restart", async () => {
  await using cluster = await Cluster.start({ processes: 1, env: { ...PARALLEL, LEASE_MS: "2000" } });
  const server = cluster.server(0);
  const api = await Api.session(server.url);
  const both = await workersOf(server, api);
  const asked = await Promise.all(both.map((worker) => askOf(server, api, worker)));
  for (let i = 0; i < asked.length; i++) await (await cluster.fake.next()).send("Interrupted");
  const family = descendants(server.pid);
  cluster.fake.auto = AUTO;
  await allGone(family);
  const { code } = await server.ended();
  assertEquals(code, 128 + 9);
  await server.restart();
  for (const { conversationId, messageId } of asked) {
    const answer = await api.finished(conversationId, messageId);
    assertEquals([answer.status, answer.attempt, textOf(answer).trim()], ["complete", 2, countTo(TOKENS)]);
  }
});

Deno.test("PARALLEL=1: /metrics counts the whole process, whichever worker is asked", async () => {
  await using server = await AppServer.start({ env: PARALLEL });
  const api = await Api.session(server.url);
  const both = await workersOf(server, api);
  for (const worker of [...both, ...both]) {
    const { conversationId, messageId } = await askOf(server, api, worker, "demo/tour");
    await api.finished(conversationId, messageId);
  }
  for (const worker of both) {
    using device = await Device.at(server, api, (one) => one === worker);
    const response = await device.api.request("GET", "/metrics");
    assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    assertStringIncludes(text, "\nthroughline_generations_complete_total 4\n");
    assertEquals(text.match(/^# TYPE throughline_generations_complete_total /gm)?.length, 1);
  }
  assertEquals(servers(server, "GET", "/metrics"), both);
});

Deno.test("PARALLEL=1: a port that is taken is one sentence, and an exit", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const folder = await Deno.makeTempDir({ prefix: "throughline-taken-" });
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "main.ts"],
      cwd: ROOT,
      clearEnv: true,
      env: {
        ...machineEnv(),
        PARALLEL: "1",
        HOST: "127.0.0.1",
        PORT: String(port),
        KV_PATH: join(folder, "kv.db"),
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals(code, 1);
    assertEquals(new TextDecoder().decode(stdout), "");
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      `Port ${port} of 127.0.0.1 is taken, perhaps by another Throughline.`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Both workers of a server. */
async function workersOf(server: AppServer, api: Api): Promise<string[]> {
  const [one, other] = await Device.atBoth(server, api);
  using _one = one;
  using _other = other;
  return [one.worker, other.worker].toSorted();
}

/** Has a worker begin an answer in a new conversation. */
async function askOf(server: AppServer, api: Api, worker: string, model = CLUSTER_MODEL): Promise<Asked> {
  const { id } = await api.create({ model, title: "Counting" });
  using device = await Device.at(server, api, (one) => one === worker);
  const { reply } = await device.api.send(id, { text: "count to 3" });
  return { conversationId: id, ...reply };
}

/** The workers that answered such requests. */
function servers(server: AppServer, method: string, path: string): string[] {
  const lines = server.logs.filter((line) =>
    line.event === "request" && line.method === method && String(line.route).endsWith(path)
  );
  return [...new Set(lines.map(({ worker }) => String(worker)))].toSorted();
}

function workersThatSaid(server: AppServer, event: string): string[] {
  return server.logs.filter((line) => line.event === event).map(({ worker }) => String(worker)).toSorted();
}

async function lastOf(events: AsyncIterable<StreamEvent>): Promise<StreamEvent | undefined> {
  let last: StreamEvent | undefined;
  for await (const event of events) last = event;
  return last;
}
