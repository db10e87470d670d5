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
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const N = 500;
const CUTS = 20;
/** Of an answer that waits for all of it, on a machine that has more to do. */
const FOLLOWED_MS_MAX = 120_000;
/** Where an answer gives up waiting for the cuts: they take some hundreds of its numbers. */
const COUNT_MAX = 20_000;
const NUMBERS_PER_SECOND = 60;

Deno.test("P1, T5: two tabs, a second browser and a follower cut 20 times all count to 500 and on, once and in order", async () => {
  let cuts = 0;
  let counted = 0;
  let isPrinted = false;
  // A slow machine makes fewer and larger events of it: the answer lasts until the last cut, and until
  // the first paint was looked at, however long that takes.
  await using both = await startWithProvider({
    auto: async (call) => {
      for (let n = 1; n <= N || ((cuts < CUTS || !isPrinted) && n <= COUNT_MAX); n++) {
        await call.send(n === 1 ? "1" : ` ${n}`);
        counted = n;
        await new Promise((resolve) => setTimeout(resolve, 1_000 / NUMBERS_PER_SECOND));
      }
      await call.end();
    },
  });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  const session = { url: server.url, cookie: api.cookie };

  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const first = await ChatPage.open(context, address);
    const second = await ChatPage.open(context, address);
    const elsewhere = await ChatPage.open(await browser.context({ session }), address);

    const watch = async () => {
      await first.send(`count to ${N}`);
      await first.textThat((text) => countedIn(text) >= 100);

      // In mid-answer, the first paint has what was said so far, with no script to fetch it.
      const paper = await (await browser.context({ session, javaScript: false })).newPage();
      await paper.goto(address);
      const printed = paper.locator('article[data-role="assistant"]').last();
      const prefix = await shownText(printed);
      assert(countedIn(prefix) >= 50, `the first paint counts to ${countedIn(prefix)}`);
      assertEquals(await printed.getAttribute("data-status"), "streaming");
      isPrinted = true;

      await second.page.reload({ waitUntil: "domcontentloaded" });
      assert(countedIn(await second.text()) >= 50, "a reload shows the prefix");

      for (const tab of [first, second, elsewhere]) {
        const text = await shownText(await tab.answerWith("complete", FOLLOWED_MS_MAX));
        assertEquals(text, countTo(counted));
      }
    };
    const [{ state, events }] = await Promise.all([
      followWithCuts(
        api,
        conversation.id,
        (state) =>
          state.messages.some((message) => message.role === "assistant" && isTerminal(message.status)),
        { cuts: CUTS, bytesMax: 3_000, random: seeded("cuts"), onCut: (n) => cuts = n },
      ),
      watch(),
    ]);
    const answer = state.messages.find((message) => message.role === "assistant")!;
    assertEquals(textOf(answer), countTo(counted));
    assertEquals(cuts, CUTS);
    assert(
      events.filter((event) => event.type === "delta").length > CUTS,
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
