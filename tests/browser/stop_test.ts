// Stop, from a tab that did not ask.
import { assert, assertEquals } from "@std/assert";
import { isTerminal, textOf } from "../../lib/protocol/message.ts";
import type { StreamEvent } from "../../lib/protocol/event.ts";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf as shownText } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** 500 ms is what we promise; the bound here leaves room for a machine that is busy with other tests. */
const CLOSE_MS_MAX = 10_000;

Deno.test("P6, T4: Stop from a second tab closes the provider's socket, keeps the text, and nothing follows", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  const { cursor } = await api.read(conversation.id);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const asking = await ChatPage.open(context, address);
    const stopping = await ChatPage.open(context, address);

    await asking.send("Tell me a long story");
    const call = await fake.next();
    await call.send("Once upon a time ");
    await call.send("there was a log");
    await stopping.textThat((text) => text.endsWith("there was a log"));

    const before = performance.now();
    await stopping.action("stop").click();
    const closedAfterMs = await call.closed - before;
    console.log(`Stop → the provider's socket closed: ${closedAfterMs.toFixed(0)} ms`);
    assert(closedAfterMs < CLOSE_MS_MAX, `the socket closed after ${closedAfterMs} ms`);

    for (const tab of [asking, stopping]) {
      assertEquals(await shownText(await tab.answerWith("cancelled")), "Once upon a time there was a log");
      await tab.action("send").waitFor();
      assertEquals(
        (await tab.answers.last().locator('[data-fact="status"]').textContent())?.trim(),
        "Stopped",
      );
    }
    await asking.page.reload();
    assertEquals(await shownText(await asking.answerWith("cancelled")), "Once upon a time there was a log");

    // A second answer marks the end of what could still have come of the first.
    await asking.send("And then?");
    const second = await fake.next();
    await second.send("Nothing.");
    await second.end();
    await asking.answerWith("complete");
  });
  const [, stopped] = (await api.read(conversation.id)).messages;
  const entries = await log(api, conversation.id, cursor);
  const end = entries.findIndex((event) =>
    event.type === "message" && event.data.message.id === stopped!.id && isTerminal(event.data.message.status)
  );
  const later = entries.slice(end + 1).filter((event) =>
    event.type === "delta" || event.type === "restart"
      ? event.data.messageId === stopped!.id
      : event.type === "message" && event.data.message.id === stopped!.id
  );
  assertEquals(later, []);
  assertEquals(textOf(stopped!), "Once upon a time there was a log");
});

Deno.test("P6, T4: Esc before the first token says so at once, closes the provider's socket, and the answer is stopped after a reload too", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Say nothing");
    const call = await fake.next();
    // The page says so by itself: it waits for neither the server nor the provider.
    const held = Promise.withResolvers<void>();
    await tab.page.route("**/cancel", async (route) => {
      await held.promise;
      await route.continue();
    });
    await tab.page.keyboard.press("Escape");
    await tab.page.locator('[data-action="stop"]:disabled').waitFor();
    await tab.answers.last().getByText("Stopping…").waitFor();
    assert(!call.over, "nobody has told the provider yet");
    held.resolve();
    await call.closed;
    assertEquals(await shownText(await tab.answerWith("cancelled")), "");
    await tab.page.reload();
    await tab.live();
    const stopped = await tab.answerWith("cancelled");
    assertEquals((await stopped.locator('[data-fact="status"]').textContent())?.trim(), "Stopped");
  });
});

/** Every entry after `cursor`, up to the one that is the newest now. */
async function log(api: Api, conversationId: string, cursor: number): Promise<StreamEvent[]> {
  const newest = (await api.read(conversationId)).cursor;
  const entries: StreamEvent[] = [];
  for await (const event of api.follow(conversationId, { after: cursor })) {
    entries.push(event);
    if (event.id === newest) return entries;
  }
  throw new Error(`The stream ended before entry ${newest}`);
}
