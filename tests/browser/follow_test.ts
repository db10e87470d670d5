// One answer, watched from everywhere at once.
import { assert, assertEquals } from "@std/assert";
import { isTerminal, textOf } from "../../lib/protocol/message.ts";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf as shownText } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { followWithCuts } from "../support/cut_follower.ts";
import { seeded } from "../support/random.ts";
import { AppServer } from "../support/server.ts";

const N = 500;

Deno.test("P1, T5: two tabs, a second browser and a follower cut 20 times all count to 500, once and in order", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "60" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const address = `${server.url}/c/${conversation.id}`;
  const session = { url: server.url, cookie: api.cookie };

  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const first = await ChatPage.open(context, address);
    const second = await ChatPage.open(context, address);
    const elsewhere = await ChatPage.open(await browser.context({ session }), address);

    const cut = followWithCuts(
      api,
      conversation.id,
      (state) => state.messages.some((message) => message.role === "assistant" && isTerminal(message.status)),
      { cuts: 20, bytesMax: 3_000, random: seeded("cuts") },
    );
    await first.send(`count to ${N}`);
    await first.textThat((text) => countedIn(text) >= 100);

    // In mid-answer, the first paint has what was said so far, with no script to fetch it.
    const paper = await (await browser.context({ session, javaScript: false })).newPage();
    await paper.goto(address);
    const printed = paper.locator('article[data-role="assistant"]').last();
    const prefix = await shownText(printed);
    assert(countedIn(prefix) >= 50, `the first paint counts to ${countedIn(prefix)}`);
    assertEquals(await printed.getAttribute("data-status"), "streaming");

    await second.page.reload({ waitUntil: "domcontentloaded" });
    assert(countedIn(await second.text()) >= 50, "a reload shows the prefix");

    for (const tab of [first, second, elsewhere]) {
      assertEquals(await shownText(await tab.answerWith("complete")), countTo(N));
    }
    const { state, events, cuts } = await cut;
    const answer = state.messages.find((message) => message.role === "assistant")!;
    assertEquals(textOf(answer), countTo(N));
    assertEquals(cuts, 20);
    assert(
      events.filter((event) => event.type === "delta").length > 20,
      "it was followed live, not read at the end",
    );
  });
});

Deno.test("P3: an answer goes on when every tab is closed", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "100" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, address);
    await tab.send("count to 200");
    await tab.textThat((text) => countedIn(text) >= 10);
    await tab.page.close();
    const asked = (await api.read(conversation.id)).messages.at(-1)!;
    assertEquals(textOf(await api.finished(conversation.id, asked.id)), countTo(200));
    const again = await ChatPage.open(context, address);
    assertEquals(await shownText(await again.answerWith("complete")), countTo(200));
  });
});
