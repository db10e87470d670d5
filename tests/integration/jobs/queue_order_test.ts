// Two people typing into one conversation through two processes: whatever they do and whenever, there is one order.
import { assert, assertEquals } from "@std/assert";
import { follow, Follower } from "@/lib/bus/follow.ts";
import type { Numbered } from "@/lib/bus/head.ts";
import { AppError } from "@/lib/core/errors.ts";
import type { Id } from "@/lib/core/ids.ts";
import { conversationTopic, headKey } from "@/lib/kv/keys.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";
import { type Message, textOf } from "@/lib/protocol/message.ts";
import { type Process, World } from "../../support/program.ts";
import { fault, type QueueState, queueState } from "../../support/queue_history.ts";
import { type Random, seeded } from "../../support/random.ts";

/** Conversations of one run, and what each of the two people does in one: some 10 s at most on a busy machine. */
const ROUNDS = 40;
const STEPS = 8;
/** Reads of KV before a commit or an answer: enough for several commits of the other process to come first. */
const READS_MAX = 6;

interface Sent {
  id: Id;
  text: string;
  generationId: Id;
  /** Acknowledgements so far when this was sent, and its own place among them. */
  after: number;
  ack: number;
  removed: boolean;
}

for (const faulty of [false, true]) {
  const network = faulty ? "over a network that loses answers" : "in any interleaving";
  Deno.test(`P7: sends, edits, removals and sends at once from two processes have one order, ${network}`, async () => {
    const random = seeded("two people typing");
    for (let round = 0; round < ROUNDS; round++) await typeTogether(random, faulty);
  });
}

async function typeTogether(random: Random, faulty: boolean): Promise<void> {
  await using world = await World.open();
  const places = [world.process(), world.process()] as const;
  const id = await places[0].create();
  const dawdle = async () => {
    for (let reads = random.between(0, READS_MAX); reads > 0; reads--) {
      await world.kv.get(headKey(conversationTopic(id)));
    }
  };
  for (const { store } of places) {
    store.onCommit = async () => {
      await dawdle();
      return faulty && random.between(1, 8) === 1 ? "lose" : "none";
    };
  }
  world.provider.onCall = (call) => void dawdle().then(() => call.text("yes").end());
  const sent: Sent[] = [];
  const live = places.map((place) => followed(place, id));
  await Promise.all(places.map((place, i) => type(place, id, `${i}`, sent, random)));
  const last = await places[0].until(
    id,
    ({ conversation: { running, queue } }) => running === null && queue.length === 0,
  );

  const entries = (await places[0].log.after(conversationTopic(id), 0))!;
  for (const { upTo } of live) assertEquals(await upTo(last.cursor), entries.slice(0, last.cursor));
  assertEquals(fault(historyOf(entries)), null);

  // Each acknowledged message is there once, in an order that agrees with who could know of whom.
  const firstSaid = (messageId: Id) => entries.findIndex((entry) => messageIn(entry)?.id === messageId);
  for (const one of sent) {
    assertEquals(last.messages.filter((message) => message.id === one.id).length, 1);
    for (const other of sent) {
      if (one.ack <= other.after) assert(firstSaid(one.id) < firstSaid(other.id), "sent later, said earlier");
    }
  }
  // What was removed is never asked; the rest is asked once, in its last words.
  const asked = world.provider.calls.map(({ request }) => request.turns.at(-1)?.text ?? "");
  assertEquals(new Set(asked).size, asked.length);
  for (const { id: messageId, removed, generationId } of sent) {
    const message = last.messages.find((message) => message.id === messageId)!;
    assertEquals(message.status, removed ? "cancelled" : "complete");
    const job = await world.job(generationId);
    assertEquals(job?.state, "done");
    // Sent at once, another message may stop this one before its provider is asked.
    const expected = removed ? 0 : job?.state === "done" && job.outcome === "complete" ? 1 : null;
    const times = asked.filter((text) => text === textOf(message)).length;
    if (expected === null) assert(times <= 1);
    else assertEquals(times, expected, textOf(message));
  }
  for (const prefix of ["running", "generation"]) {
    const rows = await Array.fromAsync(world.kv.list({ prefix: [prefix] }));
    assertEquals(rows.filter(({ key }) => prefix === "running" || key.at(-1) === "cancel"), []);
  }
}

/** One person: sends, and changes what waits, their own or not. */
async function type(place: Process, id: Id, who: string, sent: Sent[], random: Random): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const target = sent[random.between(0, Math.max(0, sent.length - 1))];
    const action = target === undefined ? 0 : random.between(0, 5);
    try {
      if (target === undefined || action <= 2) {
        const after = sent.length;
        const text = `${who}.${step}`;
        const { message, reply } = await place.send(id, text);
        const { generationId } = reply;
        sent.push({ id: message.id, text, generationId, after, ack: sent.length + 1, removed: false });
      } else if (action === 3) await place.edit(id, target.id, `${target.text}, edited by ${who} at ${step}`);
      else if (action === 4) {
        await place.remove(id, target.id);
        target.removed = true;
      } else await place.now(id, target.id);
    } catch (error) {
      // Too late, which is an outcome like others; anything else is not.
      if (!(error instanceof AppError && error.code === "not_queued")) throw error;
    }
  }
}

/** A follower in this process, from the beginning. */
function followed(place: Process, id: Id) {
  const closing = new AbortController();
  const topic = conversationTopic(id);
  const snapshot = () => Promise.reject(new Error("A cursor of this run is never too old"));
  const deps = { hub: place.hub, log: place.log, snapshot };
  const events = follow((wake) => new Follower(deps, new Map([[topic, 0]]), wake), closing.signal);
  return {
    async upTo(cursor: number): Promise<Numbered[]> {
      const seen: Numbered[] = [];
      for await (const event of events) {
        if (event.type !== "entries") throw new Error(`A follower was told "${event.type}"`);
        seen.push(...event.entries);
        if (seen.length >= cursor) break;
      }
      closing.abort();
      return seen.slice(0, cursor);
    },
  };
}

function historyOf(entries: readonly Numbered[]): QueueState[] {
  return entries.filter(({ type }) => type === "conversation")
    .map(({ json }) => queueState((JSON.parse(json) as { conversation: Conversation }).conversation));
}

function messageIn({ type, json }: Numbered): Message | undefined {
  return type === "message" ? (JSON.parse(json) as { message: Message }).message : undefined;
}

const A_RUNS: QueueState = { running: "a", queue: ["b", "c"] };
const WRONG: [what: string, after: QueueState][] = [
  ["a job waits twice", { running: "a", queue: ["b", "c", "b"] }],
  ["what runs waits, too", { running: "b", queue: ["b", "c"] }],
  ["the queue changed in no known way", { running: "a", queue: ["d", "b", "c"] }],
  ["the queue changed in no known way", { running: "a", queue: ["b", "c", "d", "e"] }],
  ["the queue changed in no known way", { running: "a", queue: [] }],
  ["what waited was overtaken", { running: "c", queue: ["b"] }],
  ["the queue changed with a turn", { running: "b", queue: [] }],
  ["nothing runs, though something waits", { running: null, queue: ["b", "c"] }],
];

Deno.test("the checker of a queue's history notices each kind of step that nobody asked for", () => {
  for (const [what, after] of WRONG) assert(fault([A_RUNS, after])?.includes(what), what);
  const right: QueueState[] = [
    { running: null, queue: [] },
    { running: "a", queue: [] },
    { running: "a", queue: ["b"] },
    A_RUNS,
    { running: "a", queue: ["c", "b"] },
    { running: "c", queue: ["b"] },
    { running: "c", queue: [] },
    { running: null, queue: [] },
  ];
  assertEquals(fault(right), null);
});
