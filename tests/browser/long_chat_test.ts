// Long conversations: the end first, and the reader's place when more of the beginning comes.
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { DESKTOP, PHONE, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { longChat } from "../support/long_chat.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const COUNT = 500;
/** More pages than 500 messages can have. */
const PAGES_MAX = 30;

const shown = (page: Page) => page.locator("article[data-message-id]").count();

/** Where a message stands in the window, in pixels. */
const placeOf = (page: Page, id: string) =>
  page.locator(`article[data-message-id="${id}"]`).evaluate((el) => el.getBoundingClientRect().top);

Deno.test("M14: a chat of 500 messages opens with its last page, typing and streaming work in it, and all of it can be reached", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { conversation, messages } = await longChat(server.kvPath, api, { count: COUNT, model: MODELS.chat });
  const url = `${server.url}/c/${conversation.id}`;
  const html = await (await fetch(url, { headers: { cookie: api.cookie } })).text();
  assert(html.includes("Message 499 ends.") && html.includes("Message 470 ends."));
  assert(!html.includes("Message 469 "), "the page has more than its last thirty messages");
  assertLess(html.length, 400_000);
  const whole = await (await fetch(`${url}?all`, { headers: { cookie: api.cookie } })).text();
  assert(whole.includes("Message 0 begins."), "without scripts the beginning cannot be read");

  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const { page, chat } = await open(context, url);
    assertEquals(await shown(page), 30);
    await chat.send("And one more");
    const call = await fake.next();
    assertGreater(JSON.stringify(call.body).length, 10_000); // the model is told of what the page has not loaded
    await call.send("The answer grows");
    await chat.textThat((text) => text === "The answer grows");
    await chat.composer.pressSequentially("typed meanwhile");
    assertEquals(await chat.composer.inputValue(), "typed meanwhile");
    await call.send(", and ends.");
    await call.end();
    await chat.answerWith("complete");
    assertEquals(await shown(page), 32);

    // As far up as the list goes: each page comes by itself, until there is nothing before it.
    await loadAll(page);
    assertEquals(await shown(page), COUNT + 2);
    const ids = await page.locator("article[data-message-id]").evaluateAll((all) =>
      all.map((el) => (el as HTMLElement).dataset.messageId)
    );
    assertEquals(ids.slice(0, COUNT), messages.map(({ id }) => id));
  });
});

Deno.test("B4: a chat of 500 messages, all of them loaded, takes less than 150 MB of the browser's heap", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const { conversation } = await longChat(server.kvPath, api, { count: COUNT, model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const { page } = await open(context, `${server.url}/c/${conversation.id}`);
    await loadAll(page);
    assertEquals(await shown(page), COUNT);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const heap = metrics.find(({ name }) => name === "JSHeapUsedSize");
    assert(heap !== undefined);
    assertGreater(heap.value, 1_000_000); // the page's own, and not that of an empty one
    assertLess(heap.value, 150_000_000);
  });
});

Deno.test("M14: what is loaded above leaves the reader's place as it was, on a phone as well", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const { conversation, messages } = await longChat(server.kvPath, api, { count: 120, model: MODELS.chat });
  await withBrowser(async (browser) => {
    // At the very top no browser keeps a place by itself.
    for (const [viewport, top] of [[PHONE, 300], [PHONE, 0], [DESKTOP, 300], [DESKTOP, 0]] as const) {
      const context = await browser.context({
        session: { url: server.url, cookie: api.cookie },
        viewport,
      });
      const { page, chat } = await open(context, `${server.url}/c/${conversation.id}`);
      const list = page.locator('[role="log"].log');
      // A page is held back until the reader stands where they want to.
      const asked = Promise.withResolvers<void>();
      const let_ = Promise.withResolvers<void>();
      await page.route("**/messages?**", async (route) => {
        asked.resolve();
        await let_.promise;
        await route.continue();
      });
      await list.hover();
      await list.evaluate((el, top) => {
        el.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
        el.scrollTop = top;
      }, top);
      await asked.promise;
      await chat.action("jump").waitFor();
      const first = messages[90]!.id;
      const before = await placeOf(page, first);
      let_.resolve();
      await page.waitForFunction(() => document.querySelectorAll("article[data-message-id]").length > 30);
      const after = await placeOf(page, first);
      assertLess(Math.abs(after - before), 2);
      assertGreater(await list.evaluate((el) => el.scrollTop), 1_000);
      await context.close();
    }
  });
});

Deno.test("M14: a page that cannot be loaded says so, and is loaded by a press; the focus stays", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const { conversation } = await longChat(server.kvPath, api, { count: 50, model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/500/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const { page, chat } = await open(context, `${server.url}/c/${conversation.id}`);
    let refused = 0;
    await page.route("**/messages?**", async (route) => {
      if (refused++ > 0) await route.continue();
      else await route.fulfill({ status: 500, body: "no" });
    });
    const earlier = chat.action("earlier");
    await page.locator('[role="log"].log').evaluate((el) => {
      el.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
      el.scrollTop = 0;
    });
    await page.getByText("Earlier messages could not be loaded. Try again").waitFor();
    await earlier.focus();
    await page.keyboard.press("Enter");
    await page.getByText("Message 0 begins.").waitFor();
    await earlier.waitFor({ state: "detached" });
    // The button went with the last page: whoever pressed it is still in the conversation.
    assertEquals(await page.evaluate(() => document.activeElement?.getAttribute("role")), "log");
  });
});

Deno.test("M14, T12: versions are counted across the edge of what is loaded, and one that is not here is loaded when it is chosen", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const { conversation, messages, others } = await longChat(server.kvPath, api, {
    count: 100,
    forksAt: [71, 45],
    model: MODELS.chat,
  });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const { page, chat } = await open(context, `${server.url}/c/${conversation.id}`);
    const at = (id: string) => page.locator(`article[data-message-id="${id}"]`);
    assertEquals(await at(messages[71]!.id).locator("[data-versions]").textContent(), "2/2");
    await at(messages[71]!.id).locator('[data-action="version-back"]').click();
    await page.getByText("The other version of 71.").waitFor();
    assertEquals(await at(others.get(71)!.id).locator("[data-versions]").textContent(), "1/2");
    assertEquals(await page.getByText("Message 99 ends.").count(), 0);
    await at(others.get(71)!.id).locator('[data-action="version-forth"]').click();
    await page.getByText("Message 99 ends.").waitFor();

    await page.locator('[role="log"].log').evaluate((el) => {
      el.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
      el.scrollTop = 0;
    });
    await at(messages[45]!.id).waitFor();
    assertEquals(await at(messages[45]!.id).locator("[data-versions]").textContent(), "2/2");
    // From elsewhere, to a branch that leaves above all that this page has loaded.
    const { page: other } = await open(context, `${server.url}/c/${conversation.id}`);
    await api.patch(conversation.id, { activeLeaf: others.get(45)!.id });
    await other.getByText("The other version of 45.").waitFor();
    await chat.page.getByText("The other version of 45.").waitFor();
    assertEquals(await other.getByText("Message 99 ends.").count(), 0);
  });
});

async function open(context: Parameters<typeof ChatPage.open>[0], url: string) {
  const chat = await ChatPage.open(context, url);
  return { page: chat.page, chat };
}

/** Goes up until there is nothing before what is there. */
async function loadAll(page: Page): Promise<void> {
  const list = page.locator('[role="log"].log');
  for (let pages = 0; await page.locator(".earlier").count() > 0; pages++) {
    assertLess(pages, PAGES_MAX);
    const before = await shown(page);
    await list.evaluate((el) => el.scrollTop = 0);
    await page.waitForFunction(
      (before) => document.querySelectorAll("article[data-message-id]").length > before,
      before,
    );
  }
}
