// What is deleted, had back, and gone for good; one by one, and many at once.
import type { Page } from "playwright-core";
import { assertEquals } from "@std/assert";
import { openKv } from "../../lib/kv/open.ts";
import { userTopic } from "../../lib/kv/keys.ts";
import { Api } from "../support/api.ts";
import { type TestBrowser, withBrowser } from "../support/browser.ts";
import { seed } from "../support/conversations.ts";
import { everythingIn } from "../support/kv.ts";
import { ListPage } from "../support/list_page.ts";
import { AppServer } from "../support/server.ts";

interface Scene {
  server: AppServer;
  api: Api;
  ids: string[];
  browser: TestBrowser;
  open: (path?: string) => Promise<ListPage>;
}

/** A person with this many conversations, "No. 0" the newest. */
async function withList(count: number, test: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  const ids = await seed(server.kvPath, api.userId, count, 1_000);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const open = (path = "/") => ListPage.open(context, server.url + path);
    await test({ server, api, ids, browser, open });
  });
}

/** Longer than a bulk action takes. */
const DONE_MS_MAX = 15_000;

/** Asks the server until it is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DONE_MS_MAX;
  while (!await holds()) {
    if (Date.now() > deadline) throw new Error("The server still has it otherwise");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const names = (...numbers: number[]) => numbers.map((number) => `No. ${number}`);
const kept = (page: Page) => page.locator("[data-kept]");
const listed = async (api: Api) => (await api.list()).conversations.map(({ title }) => title);

Deno.test("M9: deleted, a conversation gives the focus to the next; Undo brings it back to its place, open as it was", async () => {
  await withList(3, async ({ api, ids, open }) => {
    const list = await open(`/c/${ids[1]}`);
    const { page } = list.tab;
    await list.link("No. 1").focus();
    await page.keyboard.press("Delete");
    await list.are(names(0, 2));
    await list.focusOn("No. 2");
    await page.waitForURL((url) => url.pathname === "/");
    const undo = list.toast("Deleted “No. 1”").locator('[data-action="notice"]');
    await undo.press("Enter");
    await list.are(names(0, 1, 2));
    await list.focusOn("No. 1");
    await page.waitForURL(`**/c/${ids[1]}`);
    await page.waitForFunction(() => document.title.startsWith("No. 1"));
    await until(async () => (await listed(api)).join() === names(0, 1, 2).join());
  });
});

Deno.test("M9: what is deleted in one tab leaves the trash of another when it is restored or gone for good, and nothing of it is stored", async () => {
  await withList(5, async ({ server, api, ids, open }) => {
    const [list, other] = [await open(), await open()];
    await list.tab.action("trash").click();
    await list.tab.page.getByText("The trash is empty.").waitFor();
    await other.choose("No. 1", "delete");
    await kept(list.tab.page).getByText("goes in 30 days").waitFor();
    for (const number of [2, 3, 4]) await other.choose(`No. ${number}`, "delete");
    await kept(list.tab.page).nth(3).waitFor();
    assertEquals(await kept(list.tab.page).locator("p > span").allTextContents(), names(4, 3, 2, 1));

    // Restored by keyboard; the focus stays among what is left.
    const row = (number: number) => kept(list.tab.page).filter({ hasText: `No. ${number}` });
    await row(3).locator('[data-action="restore"]').press("Enter");
    await row(3).waitFor({ state: "detached" });
    await row(2).locator('[data-action="restore"]').and(list.tab.page.locator(":focus")).waitFor();
    await other.are(names(0, 3));

    // For good: asked about, and not done by a no.
    await row(2).locator('[data-action="purge"]').press("Enter");
    await list.tab.page.locator('[data-action="keep"]:focus').press("Enter");
    await row(2).locator('[data-action="purge"]').press("Enter");
    await list.tab.action("sure").press("Enter");
    await row(2).waitFor({ state: "detached" });
    await list.tab.page.waitForFunction(() =>
      document.querySelector("[data-announcer=status]")?.textContent === "Deleted for good."
    );
    await list.tab.action("empty-trash").press("Enter");
    await list.tab.action("sure").press("Enter");
    await list.tab.page.getByText("The trash is empty.").first().waitFor();
    assertEquals(await (await api.request("GET", "/api/trash")).json(), {
      conversations: [],
      nextCursor: null,
    });
    const kv = await openKv(server.kvPath);
    const rows = (await everythingIn(kv)).split("\n");
    kv.close();
    for (const number of [1, 2, 4]) {
      const left = rows.filter((row) => row.includes(ids[number]!) && !row.includes(userTopic(api.userId)));
      assertEquals(left, [], `No. ${number} is gone to its last key`);
    }
  });
});

Deno.test("M9: many are picked by mouse, as a range and one by one, and deleted with one Undo; the refused are named", async () => {
  await withList(12, async ({ api, ids, open, browser }) => {
    browser.expect(/status of 503/);
    const list = await open();
    const { page } = list.tab;
    const picked = (count: number) => page.locator(`[data-picked="${count}"]`);
    await list.choose("No. 2", "select");
    await picked(1).waitFor();
    await list.link("No. 6").click({ modifiers: ["Shift"] });
    await picked(5).waitFor();
    await list.link("No. 4").click();
    await list.link("No. 9").click();
    await picked(5).waitFor();
    assertEquals(
      await list.nav.locator('[aria-checked="true"] .name').allTextContents(),
      names(2, 3, 5, 6, 9),
    );
    assertEquals(new URL(page.url()).pathname, "/", "nothing was opened");
    // One of them is purged meanwhile by another device.
    await (await api.request("DELETE", `/api/conversations/${ids[5]}`)).body?.cancel();
    await picked(4).waitFor();
    await list.tab.action("delete-picked").click();
    await list.are(names(0, 1, 4, 7, 8, 10, 11));
    await list.focusOn("No. 4");
    await list.toast("Deleted “No. 2”, “No. 3”, “No. 6” and 1 more").locator('[data-action="notice"]')
      .click();
    await list.are(names(0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11));
    await until(async () => (await listed(api)).length === 11);

    // A server that can do a part only.
    await page.route("**/api/conversations/bulk", async (route) => {
      const { ids: asked } = route.request().postDataJSON() as { ids: string[] };
      const results = asked.map((id) =>
        id === ids[3] ? { id, ok: false, code: "busy", detail: "It keeps changing." } : { id, ok: true }
      );
      await route.fulfill({ json: { results } });
    });
    await list.choose("No. 0", "select");
    await page.keyboard.press("Control+a");
    await picked(11).waitFor();
    await list.tab.action("archive-picked").click();
    await list.toast("Not archived: “No. 3”. It keeps changing.").waitFor();
    await list.are(names(3));
  });
});

Deno.test("M9: many are picked by keyboard, pinned and deleted; Escape ends it where it began", async () => {
  await withList(6, async ({ api, open }) => {
    const list = await open();
    const { keyboard } = list.tab.page;
    const picked = () => list.nav.locator('[aria-checked="true"] .name').allTextContents();
    await list.link("No. 1").focus();
    await keyboard.press("Shift+ArrowDown");
    await list.focusOn("No. 2");
    await keyboard.press("Shift+ArrowDown");
    await list.focusOn("No. 3");
    assertEquals(await picked(), names(1, 2, 3));
    await keyboard.press("ArrowUp");
    await list.focusOn("No. 2");
    await keyboard.press("Space");
    await list.tab.page.locator('[data-picked="2"]').waitFor();
    assertEquals(await picked(), names(1, 3));
    await keyboard.press("Escape");
    await list.focusOn("No. 2");
    assertEquals(await list.nav.locator('[role="checkbox"]').count(), 0);

    await keyboard.press("Shift+End");
    await list.focusOn("No. 5");
    await list.tab.action("pin-picked").press("Enter");
    await list.are(names(2, 3, 4, 5, 0, 1));
    await list.focusOn("No. 2");
    await list.toast("Pinned").locator('[data-action="notice"]').press("Enter");
    await list.are(names(0, 1, 2, 3, 4, 5));
    await list.link("No. 4").focus();
    await keyboard.press("Shift+ArrowDown");
    await list.focusOn("No. 5");
    await keyboard.press("Delete");
    await list.are(names(0, 1, 2, 3));
    await list.focusOn("No. 3");
    await until(async () => (await listed(api)).join() === names(0, 1, 2, 3).join());
  });
});

Deno.test("M9: offline, what was deleted comes back and says so", async () => {
  await withList(2, async ({ browser, open }) => {
    browser.expect(/ERR_FAILED|Failed to load/);
    const list = await open();
    await list.tab.page.route("**/api/conversations/bulk", (route) => route.abort());
    await list.choose("No. 1", "delete");
    await list.are(names(0));
    await list.toast("Not deleted: “No. 1”. The server could not be reached.").waitFor();
    await list.are(names(0, 1));
  });
});
