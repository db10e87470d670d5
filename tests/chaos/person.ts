// People who send messages, again under the same id until they are answered, and stop answers.
import type { Program } from "@/lib/app.ts";
import { AppError } from "@/lib/core/errors.ts";
import type { Id } from "@/lib/core/ids.ts";
import type { MessageAccepted } from "@/lib/protocol/api.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** A request's way, and how long a client waits for its response. */
const WAY_MS_MAX = 30;
const RESPONSE_MS_MAX = 6_000;
/** Tries of one request. The calm comes long before the last. */
const TRIES_MAX = 100;
const PAUSE_MS_MAX = 1_500;
/** Wishes for one answer while it is written. */
const WISHES_MAX = 20;

/** No response came: the request may have been carried out or not. */
class NoResponse extends Error {
  override readonly name = "NoResponse";
}

/** What `work` answers on `process`, over a network that may lose the response. */
function request<T>(
  world: World,
  process: SimulatedProcess,
  work: (program: Program) => Promise<T>,
): Promise<T> {
  const { timeline, random } = world;
  const way = () => random.between(0, WAY_MS_MAX);
  return new Promise((resolve, reject) => {
    timeline.after(RESPONSE_MS_MAX, null, () => reject(new NoResponse("Nothing came")));
    timeline.after(way(), null, () => {
      if (process.state === "dead") return reject(new NoResponse("Connection refused"));
      timeline.after(0, process, () => {
        const respond = (answer: () => void) => {
          timeline.after(way(), process, () => {
            if (!random.chance(world.weather.responseLost)) answer();
          });
        };
        work(process.program).then(
          (value) => respond(() => resolve(value)),
          (error) => respond(() => reject(error)),
        );
      });
    });
  });
}

/** Sends one message until it is answered; null when it was refused for good. */
export async function send(
  world: World,
  options: { conversationId: Id; messageId: Id; text: string; by: string },
): Promise<MessageAccepted | null> {
  const { conversationId, messageId, text, by } = options;
  const { random, history } = world;
  for (let tries = 0; tries < TRIES_MAX && !world.isOver; tries++) {
    const reachable = world.reachable();
    if (reachable.length > 0) {
      history.add({ what: "asked", by, conversationId, messageId, text });
      try {
        const accepted = await request(
          world,
          random.pick(reachable),
          ({ services }) => services.send(world.userId, conversationId, { id: messageId, text }, "request"),
        );
        history.add({ what: "answered", by, messageId, accepted: JSON.stringify(accepted) });
        return accepted;
      } catch (error) {
        const code = error instanceof AppError
          ? error.code
          : error instanceof NoResponse
          ? "no_response"
          : "thrown";
        history.add({ what: "refused", by, messageId, code });
        if (code === "conflict") return null;
      }
    }
    await world.pause(random.between(50, PAUSE_MS_MAX));
  }
  return null;
}

/** Stops an answer, as often as it takes to be told that it was heard. */
export async function stop(world: World, generationId: Id, by: string): Promise<void> {
  const told = await insist(world, ({ services }) => services.cancel(world.userId, generationId));
  if (told === null) world.history.add({ what: "stop", by, generationId });
}

/** Has an answer go on, under one id until that is answered. */
export async function goOn(
  world: World,
  wish: { conversationId: Id; messageId: Id; id: Id; by: string },
): Promise<void> {
  const { conversationId, messageId, id, by } = wish;
  const { history, random, userId } = world;
  history.add({ what: "wished", by, messageId, id, accepted: null });
  for (let tries = 0; tries < WISHES_MAX && !world.isOver; tries++) {
    const code = await insist(world, async ({ services }) => {
      const accepted = await services.continueAnswer(userId, conversationId, { id, messageId }, "request");
      // Told, whether or not its asker hears of it.
      history.add({ what: "wished", by, messageId, id, accepted: JSON.stringify(accepted) });
    });
    // An answer that is written may be cut off yet.
    if (code !== "running") return;
    await world.pause(random.between(100, PAUSE_MS_MAX));
  }
}

export type Change = "edited" | "removed" | "hurried";

/** What an edited message says. */
export const editedText = (text: string) => `${text} edited`;

/** Changes a message that waits, if it still does. */
export async function change(
  world: World,
  how: Change,
  message: { conversationId: Id; messageId: Id; text: string; by: string },
): Promise<void> {
  const { conversationId, messageId, text, by } = message;
  const told = await insist(world, async ({ services }) => {
    const who = [world.userId, conversationId, messageId] as const;
    if (how === "edited") await services.editMessage(...who, editedText(text));
    else if (how === "removed") await services.removeQueued(...who);
    else await services.sendNow(...who);
  });
  if (told === null) world.history.add({ what: "changed", by, messageId, how });
}

/** Asks until an answer comes: null, or the code of a refusal for good. */
async function insist(world: World, work: (program: Program) => Promise<void>): Promise<string | null> {
  const { random } = world;
  for (let tries = 0; tries < TRIES_MAX && !world.isOver; tries++) {
    const reachable = world.reachable();
    if (reachable.length > 0) {
      try {
        await request(world, random.pick(reachable), work);
        return null;
      } catch (error) {
        // Lost, or the store was away: asked again, as an impatient person does.
        if (error instanceof AppError && error.code !== "busy") return error.code;
      }
    }
    await world.pause(random.between(50, PAUSE_MS_MAX));
  }
  return "no_response";
}
