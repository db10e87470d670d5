// One run, from its seed to its history.
import type { Id } from "@/lib/core/ids.ts";
import type { ConversationRecord } from "@/lib/chat/conversations.ts";
import type { Head } from "@/lib/bus/head.ts";
import { conversationKey, conversationTopic, headKey, runningPrefix } from "@/lib/kv/keys.ts";
import { Follower } from "./follower.ts";
import type { Moment } from "./history.ts";
import { change, goOn, send, stop } from "./person.ts";
import { befall } from "./trouble.ts";
import type { Variant } from "./variant.ts";
import { CALM, weather } from "./weather.ts";
import { World } from "./world.ts";

/** Every job ends, and every follower knows, within this after the calm: a queue of slow answers, one after another. */
const SETTLED_MS_MAX = 240_000;
/** What comes once too often comes within this. */
const AFTERMATH_MS = 3_000;
const LOOK_MS = 500;

/** The history of the run of `seed`. */
export async function simulate(seed: number, variant: Variant = {}): Promise<readonly Moment[]> {
  await using world = await World.open(seed, variant);
  const { random, timeline, history } = world;
  let settled = false;
  let told = false;
  let failure: unknown;
  const story = async () => {
    const first = world.start();
    for (let more = random.between(0, 2); more > 0; more--) world.start();
    const conversations: Id[] = [];
    for (let more = random.between(1, 2); more > 0; more--) {
      conversations.push(
        (await first.program.services.conversations.create(world.userId, { model: "simulated/model" })).id,
      );
    }
    const followers = Array.from(
      { length: random.between(1, 4) },
      (_, i) => new Follower(world, `f${i + 1}`, random.pick(conversations), random.chance(0.5) ? null : 0),
    );
    world.weather = weather(random);
    for (const follower of followers) void follower.run();
    const chaosMs = random.between(3_000, 15_000);
    const sends = Array.from(
      { length: random.between(1, 5) },
      (_, i) => converse(world, random.pick(conversations), `m${i + 1}`, random.between(0, chaosMs)),
    );
    await befall(world, followers, timeline.nowMs + chaosMs);
    world.weather = CALM;
    history.add({ what: "calm" });
    await Promise.all(sends);
    await settling(world, () => isSettled(world, conversations, followers));
    settled = true;
    await world.pause(AFTERMATH_MS);
  };
  void story().catch((error) => (failure = error)).finally(() => (told = true));
  await timeline.run(timeline.nowMs + SETTLED_MS_MAX, () => told);
  if (failure !== undefined) throw failure;
  history.add({ what: "over", settled });
  return history.moments;
}

/** One message: sent, sometimes from two places at once or once more when it is long answered; changed, stopped, or continued. */
async function converse(world: World, conversationId: Id, text: string, afterMs: number): Promise<void> {
  const { random } = world;
  const sending = { conversationId, messageId: random.id(), text };
  await world.pause(afterMs);
  const twin = random.chance(0.3) ? send(world, { ...sending, by: `${text}'s twin` }) : null;
  const accepted = await send(world, { ...sending, by: text });
  await twin;
  if (accepted?.message.status === "queued" && random.chance(0.5)) {
    await change(world, random.pick(["edited", "removed", "hurried"]), { ...sending, by: text });
  }
  if (accepted !== null && random.chance(0.35)) {
    await world.pause(random.between(0, 2_000));
    const { generationId } = accepted.reply;
    const both = [stop(world, generationId, text)];
    if (random.chance(0.3)) both.push(stop(world, generationId, `${text}'s twin`));
    await Promise.all(both);
  }
  if (accepted !== null && random.chance(0.5)) {
    await world.pause(random.between(0, 2_000));
    const wish = { conversationId, messageId: accepted.reply.messageId, id: random.id() };
    const both = [goOn(world, { ...wish, by: text })];
    if (random.chance(0.3)) both.push(goOn(world, { ...wish, by: `${text}'s twin` }));
    await Promise.all(both);
  }
  if (!random.chance(0.4)) return;
  await world.pause(random.between(0, 10_000));
  await send(world, { ...sending, by: `${text} again` });
}

/** Resolves when `isSettled` says so. The look is a step of its own, so that no time passes while it reads. */
function settling({ timeline }: World, isSettled: () => Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = async () => {
      try {
        if (await isSettled()) resolve();
        else timeline.after(LOOK_MS, null, look);
      } catch (error) {
        reject(error);
      }
    };
    timeline.after(0, null, look);
  });
}

/** Nothing runs, nothing waits, and every follower holds all there is. */
async function isSettled(
  { disk, openCalls }: World,
  conversations: readonly Id[],
  followers: readonly Follower[],
): Promise<boolean> {
  // A process that still waits for a slow store learns late that its answer is another's.
  if (openCalls.size > 0) return false;
  if ((await disk.list({ prefix: runningPrefix() }, { limit: 1 })).length > 0) return false;
  for (const id of conversations) {
    const { conversation } = (await disk.get(conversationKey(id))).value as ConversationRecord;
    if (conversation.running !== null || conversation.queue.length > 0) return false;
    const { seq } = (await disk.get(headKey(conversationTopic(id)))).value as Head;
    if (followers.some((follower) => follower.conversationId === id && follower.cursor !== seq)) return false;
  }
  return true;
}
