// Ten thousand conversations: all there, in order, and few of them in the page at a time.
import type { Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { seed } from "../support/conversations.ts";
import { ListPage } from "../support/list_page.ts";
import { AppServer } from "../support/server.ts";

const COUNT = 10_000;
/** What is near the part that is seen, the stretch that the keyboard is at, and a page that has just come. */
const ROWS_MAX = 200;
/** Of the first page of the list: in the page's HTML, and as JSON. */
const FIRST_BYTES_MAX = 30 * 1024;
/** A hundred pages of the list, each with a request and some frames, on a busy machine. */
const LOAD_MS_MAX = 120_000;
const FRAMES_MAX = 100_000;

Deno.test("M11: ten thousand conversations load by themselves, all once and in order, and the page holds few rows", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  const ids = await seed(server.kvPath, api.userId, COUNT, 3_600_000);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const list = await ListPage.open(context, server.url);
    const { page } = list.tab;
    page.setDefaultTimeout(LOAD_MS_MAX);
    const most = await toTheEnd(page);
    assert(most <= ROWS_MAX, `${most} rows were in the page at once`);
    const { seen, rows } = await look(page);
    assertEquals(seen.length, COUNT);
    assertEquals(seen, ids);
    assert(rows <= ROWS_MAX, `${rows} rows were in the page at once`);
    assertEquals(
      await list.nav.locator("h2").allTextContents(),
      [
        "Today",
        "Yesterday",
        "Last 7 days",
        "Last 30 days",
        "Older",
      ].slice(-(await list.nav.locator("h2").count())),
    );

    // The keyboard reaches both ends, whatever is in the page now.
    await list.nav.locator("[data-row]").last().focus();
    await page.keyboard.press("Home");
    await list.focusOn("No. 0");
    await page.keyboard.press("End");
    await list.focusOn(`No. ${COUNT - 1}`);
    await page.keyboard.press("ArrowUp");
    await list.focusOn(`No. ${COUNT - 2}`);
    // Far from what is seen, the row that has the focus stays.
    await list.nav.evaluate((nav) => nav.scrollTop = 0);
    await list.row("No. 0").waitFor();
    assertEquals(await list.focused(), `No. ${COUNT - 2}`);
    assert(await list.nav.locator("li.conversation").count() <= ROWS_MAX);
  });
});

Deno.test("M11: one conversation that changes is painted by itself, and moves to its place", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  const ids = await seed(server.kvPath, api.userId, 60, 1_000);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const list = await ListPage.open(context, server.url);
    const { page } = list.tab;
    // Whatever is painted anew changes the page.
    await page.evaluate(() => {
      const changed = new Set<string>();
      new MutationObserver((records) => {
        for (const { target } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          const row = element?.closest<HTMLElement>("[data-conversation-id]");
          if (row) changed.add(row.dataset.conversationId!);
        }
      }).observe(document.querySelector(".sidebar nav")!, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
      Object.assign(globalThis, { changed });
    });
    await api.patch(ids[7]!, { title: "Another name" });
    await list.row("Another name").waitFor();
    const changed = await page.evaluate(
      () => [...(globalThis as unknown as { changed: Set<string> }).changed],
    );
    assertEquals(changed, [ids[7]]);
    await api.send(ids[20]!, { text: "count to 2" });
    await page.waitForFunction(
      () => document.querySelector(".sidebar li.conversation .name")?.textContent === "No. 20",
    );
  });
});

Deno.test("M11: the first page of the list is small, whatever its conversations are told to be", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  for (let i = 0; i < 30; i++) {
    await api.create({
      title: `A title of ordinary length, no. ${i}`,
      systemPrompt: "Be brief. ".repeat(1_500),
    });
  }
  const json = await (await api.request("GET", "/api/conversations")).text();
  assert(json.length < FIRST_BYTES_MAX, `${json.length} bytes of JSON`);
  const html = await (await fetch(server.url, { headers: { cookie: api.cookie } })).text();
  const nav = /<nav[\s\S]*?<\/nav>/.exec(html)![0];
  console.log(`first page of the list: ${json.length} bytes of JSON, ${nav.length} of HTML`);
  assert(nav.length < FIRST_BYTES_MAX, `${nav.length} bytes of HTML`);
  assert(!html.includes("Be brief."), "the page carries what conversations are told");
});

Deno.test("M11: older ones that cannot be loaded say so, are not asked for again by themselves, and come when asked", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  await seed(server.kvPath, api.userId, 80, 1_000);
  await withBrowser(async (browser) => {
    browser.expect(/status of 500/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    let asked = 0;
    let broken = true;
    await context.route("**/api/conversations?*", async (route) => {
      asked++;
      if (!broken) return await route.continue();
      const problem = { type: "about:blank", title: "x", status: 500, detail: "It broke.", code: "internal" };
      await route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        body: JSON.stringify(problem),
      });
    });
    const list = await ListPage.open(context, server.url);
    const { page } = list.tab;
    await list.nav.evaluate((nav) => nav.scrollTop = nav.scrollHeight);
    await list.nav.getByText("Older ones could not be loaded. It broke.").waitFor();
    // News paint the list anew: no reason to try again.
    const { id } = await api.create({ title: "News" });
    await list.row("News").waitFor({ state: "attached" });
    assertEquals(asked, 1, id);
    broken = false;
    await list.tab.action("more").press("Enter");
    await list.tab.action("more").waitFor({ state: "detached" });
    await list.nav.evaluate((nav) => nav.scrollTop = nav.scrollHeight);
    await list.row("No. 79").waitFor();
    assertEquals(await page.locator(".older").count(), 0);
  });
});

/** Scrolls until nothing more comes, and returns how many rows were there at most. */
function toTheEnd(page: Page): Promise<number> {
  return page.evaluate(async (framesMax) => {
    const nav = document.querySelector(".sidebar nav")!;
    let most = 0;
    for (let frame = 0; nav.querySelector(".older") !== null; frame++) {
      if (frame > framesMax) throw new Error("The list does not end");
      nav.scrollTop = nav.scrollHeight;
      await new Promise(requestAnimationFrame);
      most = Math.max(most, nav.querySelectorAll("li.conversation").length);
    }
    return most;
  }, FRAMES_MAX);
}

/** Scrolls from the top to the end, and returns every row in order, and how many were there at most. */
function look(page: Page): Promise<{ seen: string[]; rows: number }> {
  return page.evaluate(async (framesMax) => {
    const nav = document.querySelector(".sidebar nav")!;
    const seen: string[] = [];
    let [rows, at] = [0, 0];
    nav.scrollTop = 0;
    for (let frame = 0; frame < framesMax; frame++) {
      await new Promise(requestAnimationFrame);
      const here = [...nav.querySelectorAll<HTMLElement>("li.conversation")];
      rows = Math.max(rows, here.length);
      const { top, bottom } = nav.getBoundingClientRect();
      // What is seen is there once no stretch in it is empty.
      const empty = [...nav.querySelectorAll("[data-stretch]:empty")].some((stretch) => {
        const box = stretch.getBoundingClientRect();
        return box.bottom > top && box.top < bottom;
      });
      if (empty) continue;
      const ids = here.filter((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom > top && box.top < bottom;
      }).map((row) => row.dataset.conversationId!);
      const known = seen.lastIndexOf(ids[0]!);
      seen.push(...ids.slice(known < 0 ? 0 : seen.length - known));
      if (at >= nav.scrollHeight - nav.clientHeight) return { seen, rows };
      at = Math.min(nav.scrollHeight - nav.clientHeight, nav.scrollTop + nav.clientHeight - 60);
      nav.scrollTop = at;
    }
    throw new Error("The list does not end");
  }, FRAMES_MAX);
}
