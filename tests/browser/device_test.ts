// How a browser shows the page: chosen there, right from the first paint, and kept apart from other browsers.
import type { BrowserContext, Page } from "playwright-core";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { CHOICES, DEVICE_COOKIE } from "../../lib/protocol/device.ts";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countTo } from "../support/count.ts";
import { AppServer } from "../support/server.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const NARROWEST = { width: 320, height: 640 };
const LIGHT = "rgb(251, 250, 247)";
const DARK = "rgb(25, 24, 22)";

/** Set in that browser before any page. */
async function set(context: BrowserContext, url: string, value: string): Promise<void> {
  await context.addCookies([{ url, name: DEVICE_COOKIE, value }]);
}
const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const frameColor = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')]
      .find(({ media }) => matchMedia(media).matches)?.content
  );
const setting = (tab: ChatPage, name: string, value: string) =>
  tab.page.locator(`[data-setting="${name}"][value="${value}"]`);

/** Opens a tab of the settings in two presses. */
async function open(tab: ChatPage, name: string): Promise<void> {
  await tab.action("settings").click();
  await tab.page.getByRole("tab", { name }).click();
}

Deno.test("G1: the first paint has the chosen theme, with and without scripts, and no inline script decides it", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const theme of ["system", "light", "dark"] as const) {
        const expected = (theme === "system" ? colorScheme : theme) === "dark" ? DARK : LIGHT;
        for (const javaScript of [false, true]) {
          const context = await browser.context({ colorScheme, javaScript });
          if (theme !== "system") await set(context, server.url, `theme=${theme}`);
          const page = await context.newPage();
          // The scripts do not come: what is seen is what the server wrote.
          await page.route("**/*.js", (route) => javaScript ? route.abort() : route.continue());
          if (javaScript) browser.expect(/net::ERR_FAILED/);
          await page.goto(server.url, { waitUntil: "load" });
          assertEquals(await ground(page), expected, `${theme} on a ${colorScheme} system`);
          assertEquals(await frameColor(page), expected === DARK ? "#191816" : "#fbfaf7");
          await context.close();
        }
      }
    }
    const context = await browser.context();
    const html = await (await fetch(server.url)).text();
    // Data is no script.
    const inline = [
      ...html.matchAll(/<script(?![^>]*\b(?:src|application\/json)\b)[^>]*>([\s\S]*?)<\/script>/g),
    ]
      .map(([, code]) => code);
    assertEquals(inline.filter((code) => /theme|cookie/i.test(code!)), []);
    await context.close();
  });
});

Deno.test("G1: a theme is chosen in two presses, holds at once and after a reload, in other tabs and no other browser", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  const session = { url: server.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, server.url), await ChatPage.open(context, server.url)];
    await open(tab, "This device");
    await setting(tab, "theme", "dark").check({ force: true });
    assertEquals([await ground(tab.page), await frameColor(tab.page)], [DARK, "#191816"]);
    await tab.page.reload();
    assertEquals(await ground(tab.page), DARK);
    await other.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    assertEquals(await ground(other.page), DARK);
    const elsewhere = await ChatPage.open(await browser.context({ session }), server.url);
    assertEquals(await ground(elsewhere.page), LIGHT);
    await open(tab, "This device");
    await setting(tab, "theme", "system").check({ force: true });
    assertEquals([await ground(tab.page), await frameColor(tab.page)], [LIGHT, "#fbfaf7"]);
    assertEquals((await context.cookies()).find(({ name }) => name === DEVICE_COOKIE)?.value ?? "", "");
  });
});

Deno.test("G3: text size, density and width change what they say, fit a phone, and never make a box zoom", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(id, { text: "What can you show?" });
  await api.finished(id, reply.messageId);
  const session = { url: server.url, cookie: api.cookie };
  const look = async (page: Page) =>
    await page.evaluate(() => {
      const size = (selector: string) =>
        parseFloat(getComputedStyle(document.querySelector(selector)!).fontSize);
      // What answers a question is near it, however dense the rest is.
      const article = document.querySelector('article[data-role="assistant"]')!;
      return {
        text: size(".body p"),
        box: size("#composer"),
        between: parseFloat(getComputedStyle(article).paddingBottom) / size("html"),
        thread: document.querySelector(".thread")!.getBoundingClientRect().width,
        wide: document.documentElement.scrollWidth > innerWidth,
      };
    });
  await withBrowser(async (browser) => {
    const seen = new Map<string, Awaited<ReturnType<typeof look>>>();
    for (
      const [size, viewport] of Object.entries({
        desktop: { width: 1600, height: 900 },
        narrowest: NARROWEST,
      })
    ) {
      for (
        const value of [
          "",
          ...CHOICES.textSize.slice(1).map((v) => `textSize=${v}`),
          ...CHOICES.width.slice(1).map((v) => `width=${v}`),
          "density=compact",
          "textSize=larger&density=compact&width=full",
        ]
      ) {
        const context = await browser.context({ session, viewport });
        await set(context, server.url, value);
        const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
        const found = await look(tab.page);
        assert(!found.wide, `${value} at ${viewport.width} px scrolls sideways`);
        assert(found.box >= 16, `${value}: letters of the box have ${found.box} px`);
        seen.set(`${size} ${value}`, found);
        await screenshot(tab.page, `device-${size}-${value.replaceAll(/[=&]/g, "-")}`);
        await context.close();
      }
    }
    const at = (value: string) => seen.get(`desktop ${value}`)!;
    const texts = ["textSize=small", "", "textSize=large", "textSize=larger"].map((value) => at(value).text);
    assertEquals(texts.toSorted((a, b) => a - b), texts);
    assertEquals(new Set(texts).size, 4);
    assert(at("density=compact").between < at("").between);
    assert(at("").thread < at("width=wide").thread && at("width=wide").thread < at("width=full").thread);
  });
});

Deno.test("G4: every setting of this device is reached and changed by keyboard, and fits 320 px", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const context = await browser.context({ viewport: NARROWEST });
    const tab = await ChatPage.open(context, server.url);
    const { keyboard } = tab.page;
    await tab.action("settings").press("Enter");
    await tab.page.getByRole("tab", { selected: true }).focus();
    await keyboard.press("ArrowRight");
    await keyboard.press("ArrowRight");
    await tab.page.getByRole("tab", { name: "This device", selected: true }).waitFor();
    const wide = () =>
      tab.page.evaluate(() => {
        const panel = document.querySelector(".settings .scroll")!;
        return Math.max(
          panel.scrollWidth - panel.clientWidth,
          document.documentElement.scrollWidth - innerWidth,
        );
      });
    assertEquals(await wide(), 0);
    // Notifications ask the browser (T13), and the sidebar has a key and a button where it is.
    const names = Object.keys(CHOICES).filter((name) => name !== "notify" && name !== "sidebar");
    const visited: string[] = [];
    for (let presses = 0; presses < 40; presses++) {
      await keyboard.press("Tab");
      const name = await tab.page.evaluate(() => (document.activeElement as HTMLElement)?.dataset.setting);
      if (name === undefined || !names.includes(name) || visited.includes(name)) continue;
      visited.push(name);
      await keyboard.press("ArrowRight");
      assertEquals(
        await tab.page.evaluate(() => (document.activeElement as HTMLInputElement).checked),
        true,
        name,
      );
    }
    assertEquals(new Set(visited), new Set(names));
    const cookie = (await context.cookies()).find(({ name }) => name === DEVICE_COOKIE)!.value;
    assertEquals(new URLSearchParams(cookie).size, names.length, `each was changed: ${cookie}`);
    await screenshot(tab.page, "settings-device-narrowest");
    for (const name of ["Data", "Usage"]) {
      await tab.page.getByRole("tab", { name }).click();
      assertEquals(await wide(), 0);
    }
  });
});

Deno.test('G4, T15: with "whole" an answer appears once, when it is complete; what is written meanwhile is counted, survives a reload, and stops', async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await set(context, server.url, "pace=whole");
    const address = `${server.url}/c/${conversation.id}`;
    const tab = await ChatPage.open(context, address);
    /** Every text that the answer ever showed. */
    const record = () =>
      tab.page.evaluate(() => {
        const seen: string[] = [];
        Object.assign(globalThis, { seen });
        new MutationObserver(() => {
          for (const body of document.querySelectorAll('[data-role="assistant"] .body')) {
            if (body.textContent !== "" && seen.at(-1) !== body.textContent) seen.push(body.textContent!);
          }
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
      });
    await record();
    await tab.send("Count");
    const call = await fake.next();
    for (let i = 1; i <= 120; i++) await call.send(`${i === 1 ? "" : " "}${i}`);
    const writing = tab.page.locator('.thinking[data-state="writing"]');
    await writing.filter({ hasText: "Writing… 120 words" }).waitFor();
    assertEquals(await textOf(tab.answers.last()), "");

    const paper = await (await browser.context({
      session: { url: server.url, cookie: api.cookie },
      javaScript: false,
    })).newPage();
    await set(paper.context(), server.url, "pace=whole");
    await paper.goto(address);
    assertEquals(
      await textOf(paper.locator('article[data-role="assistant"]').last()),
      "",
      "nor in the first paint",
    );
    await tab.page.reload();
    await tab.live();
    await record();
    await writing.filter({ hasText: "120 words" }).waitFor();
    await call.send(" end.");
    await call.end();
    await tab.answerWith("complete");
    assertEquals(await textOf(tab.answers.last()), `${countTo(120)} end.`);
    const seen = await tab.page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
    assertEquals(seen, [`${countTo(120)} end.`], "it appeared once");

    await tab.send("And again");
    const next = await fake.next();
    await next.send("Some words that are there");
    await writing.filter({ hasText: "5 words" }).waitFor();
    await tab.action("stop").click();
    await tab.answerWith("cancelled");
    assertEquals(await textOf(tab.answers.last()), "Some words that are there");

    // Another browser of the same person, which wants its words as they come, gets them so.
    const elsewhere = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await set(elsewhere, server.url, "pace=raw");
    const other = await ChatPage.open(elsewhere, address);
    await other.send("Once more");
    const last = await fake.next();
    await last.send("At once");
    await other.textThat((text) => text === "At once");
    await last.end();
  });
});

Deno.test("G4: evenly, a burst appears over many frames and is whole in the end; as it arrives, in one", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const steps = new Map<string, number>();
    for (const [pace, reducedMotion] of [["smooth", false], ["raw", false], ["smooth", true]] as const) {
      const conversation = await api.create({ model: MODELS.chat });
      const context = await browser.context({
        session: { url: server.url, cookie: api.cookie },
        reducedMotion,
      });
      await set(context, server.url, `pace=${pace}`);
      const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
      // What evens words out is loaded when the page is alive.
      await tab.page.locator("body[data-accompanied]").waitFor();
      await tab.send("Say it");
      const call = await fake.next();
      await call.send("Begin. ");
      await tab.textThat((text) => text === "Begin.");
      await tab.page.evaluate(() => {
        const lengths = new Set<number>();
        Object.assign(globalThis, { lengths });
        const body = document.querySelector('[data-role="assistant"] .body')!;
        new MutationObserver(() => lengths.add(body.textContent!.length))
          .observe(body, { subtree: true, childList: true, characterData: true });
      });
      const burst = "word ".repeat(400);
      await call.send(burst);
      await tab.textThat((text) => text.length >= burst.length);
      await call.end();
      await tab.answerWith("complete");
      assertEquals(await textOf(tab.answers.last()), `Begin. ${burst}`.trim());
      const count = await tab.page.evaluate(() =>
        (globalThis as unknown as { lengths: Set<number> }).lengths.size
      );
      steps.set(`${pace}${reducedMotion ? ", without motion" : ""}`, count);
      await context.close();
    }
    console.log(Object.fromEntries(steps));
    assert(steps.get("smooth")! >= 3, "over many frames");
    assert(steps.get("raw")! <= 2 && steps.get("smooth, without motion")! <= 2, "in one");
  });
});

Deno.test("G5: export, trash, usage and keys are two presses from the chat; the file has everything", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: "demo/tour", title: "Kept" });
  const { reply } = await api.send(id, { text: "count to 7" });
  await api.finished(id, reply.messageId);
  await withBrowser(async (browser) => {
    const context = await browser.context({
      session: { url: server.url, cookie: api.cookie },
      viewport: PHONE,
    });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    await open(tab, "Data");
    await screenshot(tab.page, "settings-data-phone");
    const loading = tab.page.waitForEvent("download");
    await tab.action("export").click();
    const download = await loading;
    assertMatch(download.suggestedFilename(), /^throughline-\d{4}-\d\d-\d\d\.json$/);
    const all = JSON.parse(await Deno.readTextFile(await download.path()));
    assertEquals(all.conversations[0].messages[1].parts, [{ type: "text", text: countTo(7) }]);
    assert(await tab.page.locator(".settings").isVisible(), "the page stays where it was");
    await tab.action("show-usage").click();
    await tab.page.locator("[data-usage-total]").waitFor();
  });
});

Deno.test("G5: all conversations are deleted in two steps, by keyboard, and are in the trash", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  for (let i = 0; i < 104; i++) await api.create({ title: `Chat ${i}` });
  const [newest] = (await api.list()).conversations;
  await withBrowser(async (browser) => {
    browser.expect(/status of 503/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${newest!.id}`);
    const { page } = tab;
    const { keyboard } = page;
    await open(tab, "Data");
    await tab.action("delete-all").press("Enter");
    // The focus is where nothing is lost.
    await page.waitForFunction(() => document.activeElement?.textContent === "Cancel");
    await keyboard.press("Enter");
    await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset.action === "delete-all");
    assertEquals((await api.list()).conversations.length, 30);

    // The server fails after the first hundred: what is left can be deleted as before.
    let calls = 0;
    await page.route("**/api/conversations", async (route) => {
      if (route.request().method() !== "DELETE" || ++calls === 1) return await route.continue();
      await route.fulfill({
        status: 400,
        contentType: "application/problem+json",
        body: JSON.stringify({
          code: "invalid",
          detail: "Not now.",
          title: "",
          status: 400,
          type: "",
          requestId: "r",
        }),
      });
    });
    browser.expect(/status of 400/);
    await tab.action("delete-all").press("Enter");
    await tab.action("delete-all-sure").press("Enter");
    await page.locator(".settings .error-note", { hasText: "Not now." }).waitFor();
    await page.unroute("**/api/conversations");
    await tab.action("delete-all").press("Enter");
    await tab.action("delete-all-sure").press("Enter");
    await page.locator("[data-removed]").waitFor();
    assertEquals(await page.locator("[data-removed]").getAttribute("data-removed"), "4");
    assertEquals((await api.list()).conversations, []);
    await keyboard.press("Escape");
    await page.waitForURL(`${server.url}/`);
    await page.waitForFunction(() => document.querySelectorAll(".conversation").length === 0);
    const trash = await (await api.request("GET", "/api/trash")).json();
    assertEquals(trash.conversations.length, 30);
  });
});
