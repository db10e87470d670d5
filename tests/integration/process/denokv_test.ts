// Two processes on one KV server, which reach each other by its watch and by nothing else: no file, no machine in common.
import { assert, assertEquals } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { type ConversationState, reduce } from "../../../lib/protocol/reduce.ts";
import { Api } from "../../support/api.ts";
import { ask, CLUSTER_MODEL } from "../../support/cluster.ts";
import { DENOKV, KvServer } from "../../support/denokv.ts";
import { type FakeProvider, startFakeProvider } from "../../support/fake_provider/mod.ts";
import { AppServer } from "../../support/server.ts";

const LEASE_MS = 1_500;
const TOKENS = 12;
/** The poll tick on a KV server, where watch crosses processes. */
const POLL_MS = 10_000;

interface Scene {
  fake: FakeProvider;
  /** Two processes, and the same person at each. */
  one: AppServer;
  other: AppServer;
  here: Api;
  there: Api;
}

/** Skipped, by its name, where there is no such server. */
function onKvServer(name: string, test: (scene: Scene) => Promise<void>): void {
  const named = DENOKV === null ? `${name} (skipped: denokv is not installed)` : name;
  Deno.test({ name: named, ignore: DENOKV === null }, async () => {
    await using kv = await KvServer.start(DENOKV!);
    await using fake = startFakeProvider();
    const env = {
      ...kv.env,
      LEASE_MS: String(LEASE_MS),
      COMPATIBLE_BASE_URL: fake.baseURL("chat"),
      COMPATIBLE_MODELS: "fake-small",
      DEFAULT_MODEL: CLUSTER_MODEL,
    };
    await using one = await AppServer.start({ env });
    await using other = await AppServer.start({ env });
    const here = await Api.session(one.url);
    await test({ fake, one, other, here, there: here.at(other.url) });
  });
}

function says(messageId: string, text: string) {
  return ({ messages }: ConversationState) =>
    messages.some((message) => message.id === messageId && textOf(message) === text);
}

onKvServer(
  "P1: each token of a job in one process reaches a follower at the other before the next is said",
  async (scene) => {
    const { fake, here, there } = scene;
    const { conversationId, messageId } = await ask(here);
    const call = await fake.next();
    const events = there.follow(conversationId);
    let state: ConversationState | null = null;
    let text = "";
    const beganAt = performance.now();
    for (let n = 1; n <= TOKENS; n++) {
      await call.send(`${n} `);
      text += `${n} `;
      const isThere = says(messageId, text);
      while (state === null || !isThere(state)) {
        const { value, done } = await events.next();
        assert(!done, "one connection carries all of it");
        state = reduce(state, value);
      }
    }
    // A watch that told nothing would leave each token to the slow poll: two minutes.
    assert(performance.now() - beganAt < TOKENS * POLL_MS / 2, "the watch carries them, not the poll");
    await events.return();
    await call.end();
    const answers = await Promise.all([here, there].map((api) => api.finished(conversationId, messageId)));
    assertEquals(answers.map(textOf), [text, text]);
    assertEquals(answers.map(({ status }) => status), ["complete", "complete"]);
  },
);

onKvServer(
  "P6: Stop at one process closes the upstream of a job in the other",
  async ({ fake, here, there }) => {
    const { conversationId, messageId, generationId } = await ask(here);
    const call = await fake.next();
    await call.send("Half");
    await there.followUntil(conversationId, says(messageId, "Half"));
    await there.cancel(generationId);
    await call.closed;
    const answer = await there.finished(conversationId, messageId);
    assertEquals([answer.status, textOf(answer)], ["cancelled", "Half"]);
  },
);

onKvServer(
  "P4: after SIGKILL the other process takes over, and its follower sees the whole answer",
  async (scene) => {
    const { fake, one, here, there } = scene;
    const { conversationId, messageId } = await ask(here);
    const lost = await fake.next();
    await lost.send("Half");
    await there.followUntil(conversationId, says(messageId, "Half"));
    const finished = there.finished(conversationId, messageId);
    await one.kill("SIGKILL");
    const taken = await fake.next();
    await taken.send("All");
    await taken.end();
    const answer = await finished;
    assertEquals([answer.status, answer.attempt, textOf(answer)], ["complete", 2, "All"]);
    assertEquals(fake.exchanges.length, 2);
  },
);
