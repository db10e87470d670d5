// The page in a hand: a narrow screen, a finger, a keyboard that covers half of it.
import { assert, assertEquals } from "@std/assert";
import type { BrowserContext, Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { AppServer } from "../support/server.ts";

const QUICK = { env: { DEMO_TOKENS_PER_SECOND: "2000" } };
/** What Apple asks for, and WCAG's enhanced size. */
const TARGET_PX = 44;

/** The drawer, and everything that could be reached behind it. */
const DRAWER = "#sidebar";

async function openDrawer(tab: ChatPage): Promise<void> {
  await tab.action("menu").tap();
  await tab.page.locator(`${DRAWER}[data-open="true"]`).waitFor();
  // Its guards are loaded after the page.
  await tab.page.waitForFunction(() => document.querySelector("main")?.inert === true);
}

/** Resolves when the drawer is away and the page has its focus back. */
async function closed(tab: ChatPage): Promise<void> {
  await tab.page.locator(`${DRAWER}[data-open="false"]`).waitFor({ state: "attached" });
  await tab.page.waitForFunction(() =>
    document.querySelector("main")?.inert === false &&
    document.activeElement?.getAttribute("data-action") === "menu" &&
    history.state?.drawer === undefined
  );
}

Deno.test("B1: the drawer opens on a tap and closes by each way that a person may try, and keeps the focus meanwhile", async () => {
  await using server = await AppServer.start(QUICK);
  const api = await Api.session(server.url);
  const [first, second] = [await api.create({ title: "First" }), await api.create({ title: "Second" })];
  await withBrowser(async (browser) => {
    const session = { url: server.url, cookie: api.cookie };
    const context = await browser.context({ session, viewport: PHONE, touch: true });
    const tab = await ChatPage.open(context, `${server.url}/c/${first.id}`);
    const { page } = tab;
    const entries = await page.evaluate(() => history.length);

    const ways: Record<string, () => Promise<unknown>> = {
      scrim: () => page.touchscreen.tap(PHONE.width - 10, 300),
      escape: () => page.keyboard.press("Escape"),
      button: () => page.locator(`${DRAWER} .close`).tap(),
      back: () => page.goBack(),
      swipe: () => swipeLeft(context, page),
    };
    for (const [way, close] of Object.entries(ways)) {
      await openDrawer(tab);
      const where = new Set<string>();
      for (let i = 0; i < 12; i++) {
        where.add(
          await page.evaluate((drawer) => {
            const { activeElement } = document;
            return activeElement === document.body || activeElement?.closest(drawer) ? "drawer" : "behind";
          }, DRAWER),
        );
        await page.keyboard.press("Tab");
      }
      assertEquals([...where], ["drawer"], way);
      await close();
      await closed(tab);
      assertEquals(new URL(page.url()).pathname, `/c/${first.id}`, way);
    }

    // A conversation that is chosen takes the place of the drawer in the history: back leads to the one before.
    await openDrawer(tab);
    await page.locator(".conversation a").getByText("Second").tap();
    await page.waitForURL(`${server.url}/c/${second.id}`);
    await page.locator(`${DRAWER}[data-open="false"]`).waitFor({ state: "attached" });
    await page.goBack();
    await page.waitForURL(`${server.url}/c/${first.id}`);
    await page.locator(".title").getByText("First").waitFor();
    assert(await page.evaluate(() => history.length) <= entries + 2);
    // Wider, it is no drawer any more, and nothing is behind it.
    await openDrawer(tab);
    await page.setViewportSize({ width: 1200, height: 800 });
    await page.waitForFunction(() => document.querySelector("main")?.inert === false);
  });
});

Deno.test("B1: every control of the chat page is at least 44 px in both directions, and none needs a hover", async () => {
  await using server = await AppServer.start(QUICK);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);
  const session = { url: server.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const context = await browser.context({ session, viewport: PHONE, touch: true });
    const empty = await ChatPage.open(context, server.url);
    await noneSmall(empty.page, "new chat");
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await noneSmall(tab.page, "conversation");
    for (const name of ["copy-message", "regenerate", "up"]) {
      assert(await tab.action(name).last().isVisible() || await tab.action(name).count() === 0, name);
    }
    await openDrawer(tab);
    await noneSmall(tab.page, "drawer");
    await screenshot(tab.page, "phone-drawer");
    await tab.page.locator('.conversation [data-action="conversation-menu"]').first().tap();
    await tab.page.locator(".menu-list").waitFor();
    await noneSmall(tab.page, "menu of a row");
    // Escape closes one thing at a time.
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".menu-list").waitFor({ state: "detached" });
    assertEquals(await tab.page.locator(DRAWER).getAttribute("data-open"), "true");
    await tab.page.keyboard.press("Escape");
    await closed(tab);
    await tab.page.locator('article [aria-haspopup="menu"]').last().tap();
    await tab.page.locator(".menu-list").waitFor();
    await noneSmall(tab.page, "menu of a message");
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".menu-list").waitFor({ state: "detached" });
    await tab.action("settings").tap();
    await tab.page.locator("dialog").waitFor();
    await noneSmall(tab.page, "settings");
  });
});

Deno.test("B2: the composer is above a keyboard that lies over the page, and the page does not zoom", async () => {
  await using server = await AppServer.start(QUICK);
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);
  await withBrowser(async (browser) => {
    const session = { url: server.url, cookie: api.cookie };
    const context = await browser.context({ session, viewport: PHONE, touch: true });
    // As Safari does it: what is seen becomes smaller and moves, and the page is told of neither.
    await context.addInitScript(() => {
      const view = { height: innerHeight, offsetTop: 0, scale: 1 };
      const real = globalThis.visualViewport!;
      const fake = new Proxy(real, {
        get: (target, name) => {
          if (name in view) return view[name as keyof typeof view];
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      Object.defineProperty(globalThis, "visualViewport", { get: () => fake });
      Object.assign(globalThis, {
        see: (change: Partial<typeof view>) => {
          Object.assign(view, change);
          real.dispatchEvent(new Event("resize"));
        },
      });
    });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const { page } = tab;
    const see = (change: { height?: number; offsetTop?: number; scale?: number }) =>
      page.evaluate((change) => (globalThis as unknown as { see(change: object): void }).see(change), change);
    const box = async (selector: string) => (await page.locator(selector).boundingBox())!;
    await tab.composer.tap();
    const before = await box(".app");
    const [height, offsetTop] = [430, 60];
    // Its listener is loaded after the page.
    await page.waitForFunction(([height, offsetTop]) => {
      (globalThis as unknown as { see(change: object): void }).see({ height, offsetTop });
      return document.documentElement.hasAttribute("data-keyboard");
    }, [height, offsetTop]);
    await screenshot(page, "phone-keyboard");
    for (const selector of [".composer", ".head"]) {
      const { y, height: own } = await box(selector);
      assert(y >= offsetTop && y + own <= offsetTop + height + 0.5, `${selector}: ${y} to ${y + own}`);
    }
    // What was at the end of the conversation still is.
    const leftPx = await page.locator(".log").evaluate(({ scrollHeight, scrollTop, clientHeight }) =>
      scrollHeight - scrollTop - clientHeight
    );
    assert(leftPx < 2, `the end is ${leftPx} px below`);
    // Whoever zooms in wants the page to stay.
    await see({ height: 420, scale: 2 });
    assertEquals(await page.locator("html").getAttribute("data-keyboard"), null);
    await see({ height: PHONE.height, offsetTop: 0, scale: 1 });
    assertEquals(await box(".app"), before);

    // No field is so small that a phone zooms into it.
    await tab.action("settings").tap();
    await page.locator("dialog").waitFor();
    const sizes = await page.locator("textarea, input, select").evaluateAll((fields) =>
      fields.filter((field) => !["radio", "checkbox", "range"].includes((field as HTMLInputElement).type))
        .map((field) => parseFloat(getComputedStyle(field).fontSize))
    );
    assert(sizes.length > 2 && sizes.every((px) => px >= 16), sizes.join());
  });
});

Deno.test("B2: where the keyboard resizes the page, the composer is above it without a script", async () => {
  await using server = await AppServer.start(QUICK);
  await withBrowser(async (browser) => {
    const context = await browser.context({ viewport: PHONE, touch: true });
    const tab = await ChatPage.open(context, server.url);
    await tab.composer.tap();
    const devtools = await context.newCDPSession(tab.page);
    const resized = { width: PHONE.width, height: 430, deviceScaleFactor: 1, mobile: true };
    await devtools.send("Emulation.setDeviceMetricsOverride", resized);
    await tab.page.waitForFunction(() => innerHeight === 430);
    const { y, height } = (await tab.page.locator(".composer").boundingBox())!;
    assert(y >= 0 && y + height <= 430.5, `the composer goes from ${y} to ${y + height}`);
    assertEquals(await tab.page.locator("html").getAttribute("data-keyboard"), null);
    const viewport = await tab.page.locator('meta[name="viewport"]').getAttribute("content") ?? "";
    assert(viewport.includes("interactive-widget=resizes-content"));
    assert(!/user-scalable|maximum-scale/.test(viewport), "a person may zoom");
  });
});

/** A finger that goes from right to left over the drawer. */
async function swipeLeft(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number) =>
    devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: type === "touchEnd" ? [] : [{ x, y: 400 }],
    });
  await touch("touchStart", 260);
  for (const x of [220, 160, 100]) await touch("touchMove", x);
  await touch("touchEnd", 100);
  await devtools.detach();
}

/** Fails on controls that can be seen and are smaller than a finger. Links within prose are as high as its lines. */
async function noneSmall(page: Page, where: string): Promise<void> {
  const small = await page.evaluate((least) => {
    const controls = document.querySelectorAll<HTMLElement>(
      "button, a, summary, select, textarea, input, [role=tab], [role=option]",
    );
    return Array.from(controls).flatMap((control) => {
      if (control.closest("[data-text], .markdown, [inert]") && control.matches("a")) return [];
      if (control.matches(":disabled")) return []; // such as the boxes of a list of tasks
      if (!control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
      // A box or a dot is pressed with its label.
      const target = control.closest("label") ?? control;
      const { width, height, right, left } = target.getBoundingClientRect();
      if (width === 0 || height === 0 || right <= 0 || left >= innerWidth) return [];
      if (width >= least - 0.5 && height >= least - 0.5) return [];
      const name = control.dataset.action ?? control.title ?? control.textContent;
      return [`${control.tagName} ${control.className} ${name}: ${Math.round(width)}x${Math.round(height)}`];
    });
  }, TARGET_PX);
  assertEquals(small, [], `too small on ${where}`);
}
