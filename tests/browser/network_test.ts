// What a network does to an open page, and how the page gets over it by itself. Going offline is in recovery_test.ts.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { NETWORK_DOWN, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { Network } from "../support/network.ts";
import { AppServer } from "../support/server.ts";

interface Scene {
  api: Api;
  network: Network;
  tab: ChatPage;
  conversationId: string;
}

/** A page whose every byte goes through a network, and a person beside it whose requests do not. */
function overNetwork(name: string, tokensPerSecond: number, test: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    await using server = await AppServer.start({
      env: { DEMO_TOKENS_PER_SECOND: String(tokensPerSecond) },
    });
    await using network = await Network.to(server.url);
    const api = await Api.session(server.url);
    const { id } = await api.create({ model: "demo/tour" });
    await withBrowser(async (browser) => {
      browser.expect(NETWORK_DOWN);
      const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
      const tab = await ChatPage.open(context, `${network.url}/c/${id}`);
      await test({ api, network, tab, conversationId: id });
    });
  });
}

/** Waits for the end of the last answer beside the network; the page may know nothing of it yet. */
async function ended({ api, conversationId }: Scene): Promise<void> {
  const answer = (await api.read(conversationId)).messages.at(-1)!;
  await api.finished(conversationId, answer.id);
}

overNetwork(
  "P1: connections that are reset in mid-answer, again and again, cost no word and repeat none",
  50,
  async (scene) => {
    const { network, tab } = scene;
    const N = 120;
    await tab.send(`count to ${N}`);
    for (const at of [15, 40, 80]) {
      await tab.textThat((text) => countedIn(text) >= at);
      const anew = network.connected();
      network.reset();
      await anew;
    }
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
    await tab.live();
  },
);

overNetwork(
  "a slow network delays an answer, and Stop, by its own delay and changes nothing",
  40,
  async (scene) => {
    const { network, tab } = scene;
    network.delay(150);
    await tab.send("count to 20");
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(20));
    await tab.send("count to 100000");
    await tab.textThat((text) => countedIn(text) >= 3 && countedIn(text) < 20);
    await tab.action("stop").click();
    const stopped = await textOf(await tab.answerWith("cancelled"));
    assert(countedIn(stopped) > 0);
    await ended(scene);
  },
);

overNetwork("P1: a short black hole is slept through on the same connection", 100, async (scene) => {
  const { network, tab } = scene;
  const N = 120;
  await tab.send(`count to ${N}`);
  await tab.textThat((text) => countedIn(text) >= 20);
  const before = network.opened;
  network.blackHole();
  await ended(scene);
  assert(countedIn(await tab.text()) < N, "no byte came through");
  network.up();
  assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
  assertEquals(network.opened, before);
});

overNetwork(
  "P1: a black hole that forgets its connections is recovered from when the first word meets a reset",
  100,
  async (scene) => {
    const { network, tab } = scene;
    const N = 120;
    await tab.send(`count to ${N}`);
    await tab.textThat((text) => countedIn(text) >= 20);
    network.blackHole();
    await ended(scene);
    assert(countedIn(await tab.text()) < N, "no byte came through");
    network.reset();
    network.up();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
    await tab.live();
  },
);

overNetwork(
  "P7: a message whose answer is lost on the way goes out again, and is one message",
  500,
  async (scene) => {
    const { api, network, tab, conversationId } = scene;
    const lost = network.loseAnswerTo(`POST /api/conversations/${conversationId}/messages`);
    await tab.send("count to 9");
    await lost;
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(9));
    assertEquals([await tab.questions.count(), await tab.answers.count()], [1, 1]);
    // The next one finds nothing left over of the first.
    await tab.send("count to 5");
    await tab.questions.nth(1).waitFor();
    assertEquals(await tab.textThat((text) => text === countTo(5)), countTo(5));
    const { messages } = await api.read(conversationId);
    assertEquals(messages.map(({ role }) => role), ["user", "assistant", "user", "assistant"]);
  },
);

overNetwork("a message sent into a black hole arrives once, when the hole ends", 500, async (scene) => {
  const { api, network, tab, conversationId } = scene;
  network.blackHole();
  await tab.send("count to 9");
  await tab.questions.getByText("count to 9").waitFor();
  assertEquals((await api.read(conversationId)).messages, []);
  network.up();
  assertEquals(await textOf(await tab.answerWith("complete")), countTo(9));
  assertEquals(await tab.questions.count(), 1);
  assertEquals((await api.read(conversationId)).messages.length, 2);
});
