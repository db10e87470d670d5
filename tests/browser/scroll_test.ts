// What stays in view while an answer grows is the reader's choice: by a setting, and by every way there is to scroll.
import type { Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { DEVICE_COOKIE } from "../../lib/protocol/device.ts";
import { Api } from "../support/api.ts";
import { PHONE, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** A paragraph of which a dozen fill any screen. */
const paragraph = (i: number) =>
  `Paragraph ${i}. ${"The quick brown fox jumps over the lazy dog. ".repeat(6)}\n\n`;
const LIST = '[role="log"].log';

type Both = Awaited<ReturnType<typeof startWithProvider>>;
type Call = Awaited<ReturnType<Both["fake"]["next"]>>;

interface Reading {
  tab: ChatPage;
  page: Page;
  call: Call;
  /** Of the list. */
  top(): Promise<number>;
  /** How far its end is below the view. */
  left(): Promise<number>;
  /** Resolves when the end is in view. */
  atEnd(): Promise<unknown>;
  /** Says more, and resolves when it is on the page and the page was drawn. */
  more(paragraphs: number): Promise<void>;
}

/** A page in which an answer of three screens is being written, and followed by its reader. */
async function read(
  both: Both,
  browser: TestBrowser,
  options: { settings?: string; before?: number; touch?: boolean } = {},
): Promise<Reading> {
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  const context = await browser.context({
    session: { url: server.url, cookie: api.cookie },
    viewport: PHONE,
    touch: options.touch ?? false,
  });
  const value = `pace=raw${options.settings === undefined ? "" : `&${options.settings}`}`;
  await context.addCookies([{ url: server.url, name: DEVICE_COOKIE, value }]);
  const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
  const { page } = tab;
  let said = 0;
  let call!: Call;
  const list = page.locator(LIST);
  const reading: Reading = {
    tab,
    page,
    get call() {
      return call;
    },
    top: () => list.evaluate((el) => el.scrollTop),
    left: () => list.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight),
    // Between what grows and the frame that follows it there is a moment.
    atEnd: () =>
      page.waitForFunction((selector) => {
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector(selector)!;
        return Math.abs(scrollHeight - scrollTop - clientHeight) <= 1;
      }, LIST),
    async more(paragraphs) {
      for (let i = 0; i < paragraphs; i++) await call.send(paragraph(++said));
      await tab.textThat((text) => text.includes(`Paragraph ${said}.`));
      await page.evaluate(() =>
        new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)))
      );
    },
  };
  if (options.before !== undefined) {
    await tab.send("Something long first");
    call = await fake.next();
    await reading.more(options.before);
    await call.end();
    await tab.answerWith("complete");
  }
  await tab.send("Write a lot");
  call = await fake.next();
  return reading;
}

/** Ways to move a list up, a little or much. */
const WAYS: Record<string, { touch?: boolean; up(reading: Reading): Promise<void> }> = {
  "a tick of the wheel": {
    async up({ page }) {
      await page.locator(LIST).hover();
      await page.mouse.wheel(0, -120);
    },
  },
  "two pixels of a touchpad": {
    async up({ page }) {
      await page.locator(LIST).hover();
      await page.mouse.wheel(0, -2);
    },
  },
  "a finger": {
    touch: true,
    async up({ page }) {
      const devtools = await page.context().newCDPSession(page);
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", y?: number) =>
        devtools.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: y === undefined ? [] : [{ x: 150, y }],
        });
      await touch("touchStart", 300);
      for (let y = 310; y <= 380; y += 10) await touch("touchMove", y);
      await touch("touchEnd");
    },
  },
  "PageUp": { up: ({ page }) => page.locator(LIST).press("PageUp") },
  "ArrowUp": { up: ({ page }) => page.locator(LIST).press("ArrowUp") },
  "Home": { up: ({ page }) => page.locator(LIST).press("Home") },
  "Shift and space": { up: ({ page }) => page.locator(LIST).press("Shift+Space") },
  // A thumb is dragged in steps, each of which sets the place of the list.
  "a scrollbar, by one pixel": {
    up: ({ page }) => page.locator(LIST).evaluate((el) => void (el.scrollTop -= 1)),
  },
  "a scrollbar, by three pixels": {
    up: ({ page }) => page.locator(LIST).evaluate((el) => void (el.scrollTop -= 3)),
  },
  "find in page": {
    // A headless browser has none; it brings the match into view like this.
    up: ({ page }) =>
      page.locator(".body p", { hasText: "Paragraph 2." }).evaluate((el) => el.scrollIntoView()),
  },
};

Deno.test("T8: an answer is followed until its reader scrolls up, in whatever way; then their place is theirs", async (t) => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    for (const [name, { up, touch = false }] of Object.entries(WAYS)) {
      await t.step(name, async () => {
        const reading = await read(both, browser, { touch });
        const { page, tab } = reading;
        await reading.more(10);
        await reading.atEnd();
        await up(reading);
        await page.waitForFunction((selector) => {
          const { scrollHeight, scrollTop, clientHeight } = document.querySelector(selector)!;
          return scrollHeight - scrollTop - clientHeight > 0.5;
        }, LIST);
        // Wheels and keys glide: the place is theirs when two frames agree on it.
        const settled = await page.locator(LIST).evaluate(async (el) => {
          for (let before = -1, frames = 0; before !== el.scrollTop && frames < 300; frames++) {
            before = el.scrollTop;
            await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
          }
          return el.scrollTop;
        });
        // From here on, whoever sets the place of the list is noticed.
        await page.evaluate((selector) => {
          const list = document.querySelector(selector)!;
          const own = Object.getOwnPropertyDescriptor(Element.prototype, "scrollTop")!;
          const set: number[] = [];
          Object.assign(globalThis, { set });
          Object.defineProperty(list, "scrollTop", {
            get: () => own.get!.call(list),
            set: (to: number) => {
              set.push(to);
              own.set!.call(list, to);
            },
          });
        }, LIST);
        await reading.more(4);
        assertEquals(await reading.top(), settled);
        assertEquals(await page.evaluate(() => (globalThis as unknown as { set: number[] }).set), []);
        assert(await reading.left() > 300);
        await tab.action("jump").click();
        await reading.more(2);
        await reading.atEnd(); // asked for, it is followed again
        assertEquals(await tab.action("jump").count(), 0);
        await reading.call.end();
        await page.context().close();
      });
    }
  });
});

Deno.test("T8: what scrolls within the list is no scrolling of the list", async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const reading = await read(both, browser);
    const { page, tab } = reading;
    await reading.call.send(
      "```text\n" + "a long line of code that is wider than any phone ".repeat(5) + "\n```\n\n",
    );
    await reading.more(1);
    const code = page.locator(".fence pre");
    await code.hover();
    await page.mouse.wheel(300, -20);
    await page.waitForFunction(() => document.querySelector(".fence pre")!.scrollLeft > 0);
    await reading.more(8);
    await reading.atEnd();
    assertEquals(await tab.action("jump").count(), 0);
    await reading.call.end();
  });
});

Deno.test("T8: coming back to the end by oneself is following it again", async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const reading = await read(both, browser);
    await reading.more(10);
    await reading.page.locator(LIST).press("PageUp");
    await reading.tab.action("jump").waitFor();
    await reading.page.locator(LIST).press("End");
    await reading.tab.action("jump").waitFor({ state: "detached" });
    await reading.more(4);
    await reading.atEnd();
    await reading.call.end();
  });
});

Deno.test('T8: with "question", the question goes to the top of the view and stays there while its answer grows', async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const reading = await read(both, browser, { settings: "follow=question", before: 8 });
    const { page, tab } = reading;
    // What is on its way there gives its place to the message it becomes.
    const atTop = (words: string) =>
      page.waitForFunction((words) => {
        const question = [...document.querySelectorAll('article[data-role="user"]')].at(-1)!;
        const top = question.getBoundingClientRect().top -
          question.closest(".log")!.getBoundingClientRect().top;
        return question.textContent!.includes(words) && top < 40;
      }, words);
    await atTop("Write a lot");
    await tab.page.locator('article[data-role="assistant"][data-status="streaming"]').waitFor();
    const stood = await reading.top();
    await reading.more(1);
    assertEquals(await tab.action("jump").count(), 0, "there is no end out of sight yet");
    await reading.more(8);
    assertEquals(await reading.top(), stood);
    await tab.action("jump").waitFor();

    // A phone's keyboard goes, and the list is higher.
    await page.setViewportSize({ width: PHONE.width, height: PHONE.height + 200 });
    await page.evaluate(() =>
      new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)))
    );
    assertEquals(await reading.top(), stood);
    await tab.action("jump").click();
    await reading.atEnd();
    const there = await reading.top();
    await reading.more(4);
    assertEquals(await reading.top(), there, "gone to once, it is not followed");
    await reading.call.end();
    await tab.answerWith("complete");

    // The next question takes its place, however short its answer.
    await tab.send("And again");
    await atTop("And again");
    await (await both.fake.next()).end();
  });
});

Deno.test('T8: with "off", an answer that grows moves nothing', async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const reading = await read(both, browser, { settings: "follow=off", before: 8 });
    await reading.tab.questions.last().waitFor();
    const stood = await reading.top();
    await reading.more(10);
    assertEquals(await reading.top(), stood);
    await reading.tab.action("jump").click();
    await reading.atEnd();
    await reading.more(4);
    assert(await reading.left() > 100);
    await reading.call.end();
  });
});
