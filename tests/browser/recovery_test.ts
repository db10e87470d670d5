// The network goes and comes back under an open page.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { NETWORK_DOWN, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { Network } from "../support/network.ts";
import { AppServer } from "../support/server.ts";

const N = 300;

Deno.test("P1, T5: a page that was offline in mid-answer catches up without a gap or a repeat", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${network.url}/c/${conversation.id}`);
    await tab.send(`count to ${N}`);
    await tab.textThat((text) => countedIn(text) >= 20);
    network.down();
    await tab.page.locator('body[data-connection="waiting"]').waitFor();
    const offlineAt = countedIn(await tab.text());
    // It goes on without us: the server is at the end before the page is back.
    const answer = (await api.read(conversation.id)).messages.at(-1)!;
    await api.finished(conversation.id, answer.id);
    assert(countedIn(await tab.text()) < N, "the page was really offline");
    assertEquals(countedIn(await tab.text()), offlineAt);
    network.up();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
    await tab.live();
  });
});

Deno.test("a message sent while offline is kept, and goes out once when the network is back", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "500" } });
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${network.url}/c/${conversation.id}`);
    network.down();
    await tab.send("count to 9");
    await tab.questions.getByText("count to 9").waitFor();
    network.up();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(9));
    assertEquals(await tab.questions.count(), 1);
    assertEquals((await api.read(conversation.id)).messages.length, 2);
  });
});
