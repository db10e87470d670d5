// The app without a network: it opens, what was read can be read, and what is sent waits.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { BrowserContext, Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { NETWORK_DOWN, PHONE, screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countTo } from "../support/count.ts";
import { longChat } from "../support/long_chat.ts";
import { Network } from "../support/network.ts";
import { AppServer } from "../support/server.ts";

const QUICK = { env: { DEMO_TOKENS_PER_SECOND: "2000" } };

/** What is kept is written within seconds; a busy machine takes longer. */
const KEPT_MS_MAX = 30_000;

/** What a proxy that closes a connection, or a page that looks for its server, says on the console. */
const AWAY = [NETWORK_DOWN, /Failed to load resource/];

/** Resolves when the worker has the page and its files: then there is a page without a network. */
async function installed(page: Page): Promise<void> {
  await until(page, () => page.evaluate(async () => await caches.match("/offline") !== undefined));
}

/** Resolves when this browser keeps `text` of the conversation that the page shows. */
async function kept(page: Page, text: string): Promise<void> {
  const id = new URL(page.url()).pathname.split("/").at(-1)!;
  await until(
    page,
    async () => (await snapshots(page)).some((one) => one.includes(id) && one.includes(text)),
  );
}

/** Resolves when this browser keeps no conversation. */
async function unkept(page: Page): Promise<void> {
  await until(page, async () => (await snapshots(page)).length === 0);
}

/** The conversations that this browser keeps, as JSON. */
function snapshots(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    new Promise<string[]>((resolve, reject) => {
      const opened = indexedDB.open("throughline");
      opened.onerror = () => reject(opened.error);
      opened.onsuccess = () => {
        const db = opened.result;
        const all = db.transaction("snapshots").objectStore("snapshots").getAll();
        all.onsuccess = () => {
          db.close();
          resolve(all.result.map((one) => JSON.stringify(one)));
        };
      };
    })
  );
}

/** Looks until `holds`. */
async function until(page: Page, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + KEPT_MS_MAX;
  while (!await holds()) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${KEPT_MS_MAX} ms: ${holds}`);
    await page.waitForTimeout(50);
  }
}

/** A new tab, where there is no network. */
async function openOffline(context: BrowserContext, url: string): Promise<ChatPage> {
  const tab = new ChatPage(await context.newPage());
  await tab.page.goto(url, { waitUntil: "domcontentloaded" });
  await tab.page.locator(".status-line").getByText("Offline, as of").waitFor();
  return tab;
}

/** Everything that is shown, without what the tags say. */
function said(page: Page): Promise<string> {
  return page.locator("body").innerText();
}

function expectAway(browser: TestBrowser): void {
  for (const pattern of AWAY) browser.expect(pattern);
}

Deno.test("B3: without a network the last chat opens and can be read, and comes up to date by itself when there is one", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const [one, other] = [await api.create({ model: "demo/tour" }), await api.create({ model: "demo/tour" })];
  await api.patch(other.id, { title: "Never opened here" });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const session = { url: network.url, cookie: api.cookie };
    const context = await browser.context({ session, viewport: PHONE, touch: true });
    const tab = await ChatPage.open(context, `${network.url}/c/${one.id}`);
    await tab.send("count to 30");
    await tab.answerWith("complete");
    await Promise.all([installed(tab.page), kept(tab.page, countTo(30))]);

    network.down();
    await tab.page.reload({ waitUntil: "domcontentloaded" });
    await tab.page.locator(".status-line").waitFor();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(30));
    assertStringIncludes(await tab.page.locator(".status-line").innerText(), "Offline, as of ");
    await screenshot(tab.page, "offline-phone");
    // The list is there, and says of what was never opened here that it is not kept.
    await tab.action("menu").tap();
    await tab.page.locator(".conversation a").getByText("Never opened here").tap();
    await tab.page.locator(".error-note").getByText("not kept in this browser").waitFor();
    await screenshot(tab.page, "offline-not-kept");
    await tab.page.goBack();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(30));

    // Meanwhile it goes on elsewhere, and the page that was opened without a network shows it without being loaded again.
    const { reply } = await api.send(one.id, { text: "count to 5" });
    await api.finished(one.id, reply.messageId);
    await tab.page.evaluate(() => Object.assign(globalThis, { same: true }));
    network.up();
    await tab.textThat((text) => text === countTo(5));
    await tab.live();
    assertEquals(await tab.page.locator(".status-line").count(), 0);
    assertEquals(await tab.page.evaluate(() => (globalThis as { same?: true }).same), true);
  });
});

Deno.test("B3: of a long chat its end is kept and says so without a network; what comes before is loaded when there is one, and what changed meanwhile is right", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const { conversation, messages } = await longChat(server.kvPath, api, { count: 60 });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const session = { url: network.url, cookie: api.cookie };
    const context = await browser.context({ session, viewport: PHONE, touch: true });
    const tab = await ChatPage.open(context, `${network.url}/c/${conversation.id}`);
    await Promise.all([installed(tab.page), kept(tab.page, "Message 59 ends.")]);
    network.down();
    await tab.page.reload({ waitUntil: "domcontentloaded" });
    await tab.page.locator(".status-line").getByText("Offline, as of").waitFor();
    const shown = tab.page.locator("article[data-message-id]");
    await tab.page.getByText("Message 59 ends.").waitFor();
    assertEquals(await shown.count(), 30);
    // Whoever reads up to where it begins is told, and not by an error.
    await tab.page.locator(".log").evaluate((log) => {
      log.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
      log.scrollTop = 0;
    });
    const earlier = tab.page.locator('[data-action="earlier"]');
    await earlier.getByText("Earlier messages are not in this browser").waitFor();
    await earlier.tap({ force: true }); // it says that it can do nothing now
    await screenshot(tab.page, "offline-earlier");
    assertEquals(await tab.page.locator(".toast").count(), 0);
    assertEquals(await shown.count(), 30);

    // Meanwhile some of it is taken back elsewhere: of what is kept here, and of what is not.
    for (const at of [45, 3]) {
      const { status, body } = await api.request(
        "PUT",
        `/api/conversations/${conversation.id}/messages/${messages[at]!.id}/removed`,
      );
      await body?.cancel();
      assertEquals(status, 204);
    }
    network.up();
    await tab.page.getByText("Message 0 begins.").waitFor();
    await tab.live();
    await until(tab.page, async () => await shown.count() === 58);
    const left = messages.filter((_, at) => at !== 45 && at !== 3).map(({ id }) => id);
    assertEquals(
      await shown.evaluateAll((all) => all.map((one) => one.getAttribute("data-message-id"))),
      left,
    );
    // And so it is kept.
    await until(
      tab.page,
      async () => (await snapshots(tab.page)).some((one) => one.includes("Message 0 begins.")),
    );
    assertEquals((await snapshots(tab.page)).filter((one) => one.includes(messages[45]!.id)), []);
  });
});

Deno.test("B3: a message sent without a network waits, over a closed tab too, and goes out once", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const session = { url: network.url, cookie: api.cookie };
    const context = await browser.context({ session });
    const url = `${network.url}/c/${conversation.id}`;
    const online = await ChatPage.open(context, url);
    await online.send("count to 3");
    await online.answerWith("complete");
    await Promise.all([installed(online.page), kept(online.page, countTo(3))]);
    await online.page.close();

    network.down();
    const offline = await openOffline(context, url);
    await offline.send("count to 7");
    await offline.send("count to 8");
    const waiting = offline.page.locator('article[data-status="waiting"]');
    await waiting.nth(1).waitFor();
    assertStringIncludes(await waiting.first().innerText(), "Waits for the network");
    await screenshot(offline.page, "offline-waiting");
    await offline.page.close();

    // Two tabs are opened later, and neither shows that conversation: its messages go out all the same, each once.
    network.up();
    await Promise.all([ChatPage.open(context, network.url), ChatPage.open(context, network.url)]);
    const again = await ChatPage.open(context, url);
    await again.textThat((text) => text === countTo(8));
    const { messages } = await api.read(conversation.id);
    const asked = messages.filter(({ role }) => role === "user").map(({ parts }) => parts);
    assertEquals(
      asked,
      ["count to 3", "count to 7", "count to 8"].map((text) => [{ type: "text", text }]),
    );
    assertEquals(await again.questions.count(), 3);
    assertEquals(
      await again.page.evaluate(() => JSON.stringify({ ...localStorage }).includes("waits")),
      false,
    );
  });
});

Deno.test("B3: a network that says nothing, and a proxy without its server, are as none; the page goes on when they are back", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour", title: "Plans" });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const session = { url: network.url, cookie: api.cookie };
    const context = await browser.context({
      session,
      colorScheme: "dark",
      viewport: { width: 320, height: 640 },
    });
    const url = `${network.url}/c/${conversation.id}`;
    const tab = await ChatPage.open(context, url);
    await tab.send("count to 9");
    await tab.answerWith("complete");
    await Promise.all([installed(tab.page), kept(tab.page, countTo(9))]);
    await tab.page.close();
    network.blackHole();
    const silent = await openOffline(context, url);
    assertEquals(await textOf(await silent.answerWith("complete")), countTo(9));
    await screenshot(silent.page, "offline-narrow-dark");
    const { scrollWidth, clientWidth } = await silent.page.locator("html").evaluate((
      { scrollWidth, clientWidth },
    ) => ({ scrollWidth, clientWidth }));
    assertEquals(scrollWidth, clientWidth);
    network.up();
    await silent.live();
    await silent.page.close();

    // In the place of the server there is something that says 503, as a proxy does while it restarts.
    await server.kill();
    const { hostname, port } = new URL(server.url);
    const gateway = Deno.serve(
      { hostname, port: Number(port), onListen: () => {} },
      () => new Response("Nobody is here", { status: 503 }),
    );
    const restarting = await openOffline(context, url);
    assertEquals(await textOf(await restarting.answerWith("complete")), countTo(9));
    await gateway.shutdown();
    await server.restart();
    await restarting.live();
    await restarting.send("count to 3");
    await restarting.textThat((text) => text === countTo(3));
  });
});

Deno.test("B3: an open page whose network goes says so, shows the other chats that it has, and needs no reload", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const [one, other] = [
    await api.create({ model: "demo/tour", title: "One" }),
    await api.create({ model: "demo/tour", title: "Other" }),
  ];
  await withBrowser(async (browser) => {
    expectAway(browser);
    const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${network.url}/c/${other.id}`);
    await tab.send("count to 12");
    await tab.answerWith("complete");
    await kept(tab.page, countTo(12));
    await tab.page.close();
    const page = await ChatPage.open(context, `${network.url}/c/${one.id}`);
    network.down();
    await context.setOffline(true);
    await page.page.locator(".status-line").getByText("Offline, as of").waitFor();
    // It was not open in this page: the browser has kept it.
    await page.page.locator(".conversation a").getByText("Other").click();
    assertEquals(await textOf(await page.answerWith("complete")), countTo(12));
    await page.send("count to 7");
    const waiting = page.page.locator('article[data-status="waiting"]');
    await waiting.waitFor({ timeout: 30_000 });
    assertEquals(await page.action("stop").count(), 0);
    // What waits can be taken back, and said otherwise.
    await waiting.locator('[data-action="edit"]').click();
    await page.page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>("#composer")!.value === "count to 7"
    );
    assertEquals(await waiting.count(), 0);
    await page.send("count to 8");
    network.up();
    await context.setOffline(false);
    await page.textThat((text) => text === countTo(8));
    assertEquals(await page.page.locator(".status-line").count(), 0);
    assertEquals((await api.read(other.id)).messages.length, 4);
  });
});

Deno.test("B3: a new chat that is begun without a network becomes one conversation when there is one", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    expectAway(browser);
    const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
    const online = await ChatPage.open(context, network.url);
    await installed(online.page);
    await online.page.close();
    network.down();
    const offline = await openOffline(context, network.url);
    await offline.send("count to 4");
    await offline.send("count to 5");
    await offline.page.locator('article[data-status="waiting"]').nth(1).waitFor();
    await offline.page.close();
    network.up();
    // Both know of the messages; only one of them may begin the conversation.
    const tabs = await Promise.all([
      ChatPage.open(context, network.url),
      ChatPage.open(context, network.url),
    ]);
    await Promise.any(tabs.map((tab) => tab.textThat((text) => text === countTo(5))));
    const { conversations } = await api.list();
    assertEquals(conversations.length, 1);
    assertEquals((await api.read(conversations[0]!.id)).messages.length, 4);
  });
});

Deno.test("B3: another person of the same browser sees nothing of the first, with or without a network", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const [first, second] = [await Api.session(server.url), await Api.session(server.url)];
  const conversation = await first.create({ model: "demo/tour", title: "Secret plans" });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const context = await browser.context({ session: { url: network.url, cookie: first.cookie } });
    const url = `${network.url}/c/${conversation.id}`;
    const tab = await ChatPage.open(context, url);
    await tab.send("count to 6");
    await tab.answerWith("complete");
    await Promise.all([installed(tab.page), kept(tab.page, countTo(6))]);
    network.down();
    const offline = await openOffline(context, network.url);
    await offline.send("Words of the first, still unsent");
    await offline.page.locator('article[data-status="waiting"]').waitFor();
    await offline.composer.fill("A draft of the first");
    await tab.page.close();

    // The session changes under the page that is open without a network: it must not show the first's to the second.
    const [name, value] = second.cookie.split("=") as [string, string];
    await context.addCookies([{ url: network.url, name, value, httpOnly: true }]);
    network.up();
    await offline.page.waitForURL(`${network.url}/`);
    await offline.live();
    assertEquals(await offline.composer.inputValue(), "");
    await unkept(offline.page);
    for (const words of ["Secret", "count to 6", "Words of the first", "A draft of the first"]) {
      assert(!(await said(offline.page)).includes(words), `the second person is shown "${words}"`);
      const stored = await offline.page.evaluate(() => JSON.stringify({ ...localStorage }));
      assert(!stored.includes(words), `the browser still has "${words}"`);
    }
    assertEquals((await second.list()).conversations, []);

    network.down();
    const again = await openOffline(context, url);
    await again.page.locator(".error-note").getByText("not kept in this browser").waitFor();
    assert(!(await said(again.page)).includes("Secret"), "the list of the first is there without a network");
  });
});

Deno.test("B3: when the session has ended, what was kept of it is gone", async () => {
  await using server = await AppServer.start(QUICK);
  await using network = await Network.to(server.url);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  await withBrowser(async (browser) => {
    expectAway(browser);
    const context = await browser.context({ session: { url: network.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${network.url}/c/${conversation.id}`);
    await tab.send("count to 6");
    await tab.answerWith("complete");
    await kept(tab.page, countTo(6));
    await context.clearCookies();
    network.reset();
    await tab.page.locator('body[data-connection="stopped"]').waitFor();
    await unkept(tab.page);
  });
});
