// Many tabs of one browser over HTTP/1.1, where a browser allows six connections to a host.
import type { Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { AppServer } from "../support/server.ts";

const TABS = 20;
const N = 300;
/** A hang. What a person notices is a second: the figure is printed, and the bench is where it is held. */
const SEND_MS_MAX = 10_000;

Deno.test("P9: twenty tabs stay live on one connection, and a send from the twentieth takes less than a second", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "25" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tabs: ChatPage[] = [];
    for (let i = 0; i < TABS; i++) tabs.push(await ChatPage.open(context, address));

    await tabs[0]!.send(`count to ${N}`);
    // Each tab is seen to move while the answer runs: live, not told at the end.
    await Promise.all(tabs.map((tab) => tab.textThat((text) => countedIn(text) >= 5)));
    const last = tabs[TABS - 1]!;
    assertEquals(await last.answers.last().getAttribute("data-status"), "streaming");
    assertEquals(await openStreams(server.url), 1);

    const accepted = last.page.waitForResponse((response) =>
      response.request().method() === "POST" && new URL(response.url()).pathname.endsWith("/messages")
    );
    await last.send("count to 3");
    assertEquals((await accepted).status(), 202);
    const sendMs = await durationMs(last.page, "/messages");
    console.log(`a send from tab ${TABS}: ${sendMs.toFixed(0)} ms`);
    assert(sendMs < SEND_MS_MAX, `a send took ${sendMs} ms`);

    await Promise.all(tabs.map((tab) => tab.textThat((text) => text === countTo(3))));
    for (const tab of tabs) {
      assertEquals(await tab.answers.count(), 2);
      assertEquals(await textOf(tab.answers.first()), countTo(N));
    }
  });
});

Deno.test("P9: when the tab that holds the connection closes, the others go on without a gap", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const leader = await ChatPage.open(context, address);
    const others = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await others[0]!.send(`count to ${N}`);
    await others[1]!.textThat((text) => countedIn(text) >= 20);
    await leader.page.close();
    for (const tab of others) assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
  });
});

/** How long the last request to a path took, as the browser tells: from the call, with its wait for a connection. */
function durationMs(page: Page, path: string): Promise<number> {
  return page.evaluate(async (path) => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const observer = new PerformanceObserver((list) => {
      const entry = list.getEntries().findLast(({ name }) => name.endsWith(path));
      if (entry !== undefined) resolve(entry.duration);
    });
    observer.observe({ type: "resource", buffered: true });
    return await promise.finally(() => observer.disconnect());
  }, path);
}

/** Event streams that the server holds open now. */
async function openStreams(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^throughline_streams_open (\d+)$/m.exec(text)?.[1]);
}
