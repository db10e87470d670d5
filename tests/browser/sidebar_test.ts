// The list of conversations, by mouse and by keyboard, in several tabs.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { seed } from "../support/conversations.ts";
import { countTo } from "../support/count.ts";
import { ListPage } from "../support/list_page.ts";
import { AppServer } from "../support/server.ts";

const HOUR_MS = 3_600_000;
const TARGET_PX_MIN = 44;

/** A person with this many conversations, "No. 0" the newest, and a browser of theirs. */
async function withList(
  count: number,
  test: (
    it: { server: AppServer; api: Api; ids: string[]; browser: TestBrowser; open: () => Promise<ListPage> },
  ) => Promise<void>,
): Promise<void> {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  const ids = await seed(server.kvPath, api.userId, count, 1_000);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await test({ server, api, ids, browser, open: () => ListPage.open(context, server.url) });
  });
}

Deno.test("M2: a conversation is begun, opened, renamed and deleted by keyboard alone, and the list is one tab stop", async () => {
  await withList(3, async ({ api, ids, open }) => {
    const list = await open();
    const { page } = list.tab;
    const { keyboard } = page;
    await list.tab.action("new-chat").focus();
    // Whatever stands between, the list is reached once, and left at once.
    while (await list.focused() === null) await keyboard.press("Tab");
    assertEquals(await list.focused(), "No. 0");
    await keyboard.press("Tab");
    assertEquals(await list.focused(), null, "one tab stop");
    await keyboard.press("Shift+Tab");
    await keyboard.press("ArrowDown");
    await list.focusOn("No. 1");
    await keyboard.press("End");
    await list.focusOn("No. 2");
    await keyboard.press("ArrowDown");
    await list.focusOn("No. 2");
    await keyboard.press("Home");
    await list.focusOn("No. 0");
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await page.waitForURL(`**/c/${ids[1]}`);
    await list.link("No. 1").and(page.locator('[aria-current="page"]')).waitFor();

    await list.link("No. 1").focus();
    await keyboard.press("F2");
    const field = page.getByRole("textbox", { name: "Title" });
    await field.waitFor();
    await keyboard.press("Escape");
    await list.focusOn("No. 1");
    await keyboard.press("F2");
    await field.waitFor();
    await keyboard.type("Home, End and Delete are keys here");
    await keyboard.press("Home");
    await keyboard.press("Delete");
    await keyboard.press("Enter");
    await list.focusOn("ome, End and Delete are keys here");
    await page.waitForFunction(() => document.title.startsWith("ome, End"));
    assertEquals((await api.read(ids[1]!)).conversation.title, "ome, End and Delete are keys here");

    // The menu does the same, and everything else.
    await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    const item = (name: string) => page.locator(`[role="menu"] [data-action="${name}"]`);
    await item("rename").and(page.locator(":focus")).waitFor();
    await keyboard.press("ArrowUp");
    await item("delete").and(page.locator(":focus")).waitFor();
    await keyboard.press("p");
    await item("pin").and(page.locator(":focus")).waitFor();
    await keyboard.press("Escape");
    await page.locator('[role="menu"]').waitFor({ state: "detached" });
    await page.locator('[data-action="conversation-menu"]:focus').waitFor();
    await keyboard.press("ArrowLeft");
    await list.focusOn("ome, End and Delete are keys here");
    await keyboard.press("Shift+F10");
    await item("rename").and(page.locator(":focus")).waitFor();
    await keyboard.press("Enter");
    await field.waitFor();
    await keyboard.type("Once more");
    await keyboard.press("Enter");
    await list.focusOn("Once more");

    await keyboard.press("Delete");
    await list.are(["No. 0", "No. 2"]);
    await list.focusOn("No. 2");
    await keyboard.press("Delete");
    await list.focusOn("No. 0");
    await keyboard.press("Delete");
    await page.waitForFunction(() => document.activeElement?.id === "composer");
    await list.nav.getByText("No conversations yet").waitFor();
    assertEquals((await api.list()).conversations, []);
  });
});

Deno.test("M2: by mouse a double click renames, a press elsewhere keeps what was typed, and the menu deletes", async () => {
  await withList(2, async ({ api, ids, open }) => {
    const list = await open();
    const { page } = list.tab;
    await list.link("No. 1").dblclick();
    const field = page.getByRole("textbox", { name: "Title" });
    await field.fill("By hand");
    await list.tab.composer.click();
    await list.are(["No. 0", "By hand"]);
    await page.waitForFunction(() => document.activeElement?.id === "composer");
    assertEquals((await api.read(ids[1]!)).conversation.title, "By hand");
    await list.choose("By hand", "delete");
    await list.are(["No. 0"]);
    assertEquals((await api.list()).conversations.length, 1);
  });
});

Deno.test("M8: what is pinned stands on top and what is archived in one place, in all tabs at once and after a reload", async () => {
  await withList(35, async ({ api, ids, open }) => {
    const [list, other] = [await open(), await open()];
    await list.choose("No. 3", "pin");
    for (const tab of [list, other]) {
      await tab.section("Pinned").getByText("No. 3", { exact: true }).waitFor();
    }
    await list.choose("No. 5", "archive");
    for (const tab of [list, other]) await tab.row("No. 5").waitFor({ state: "detached" });
    await list.toast("Archived “No. 5”").waitFor();
    // Old, it is on the first page all the same, because it is pinned.
    await api.patch(ids[34]!, { pinned: true });
    await other.section("Pinned").getByText("No. 34", { exact: true }).waitFor();
    await other.tab.page.reload();
    await other.tab.live();
    await other.section("Pinned").getByText("No. 34", { exact: true }).waitFor();
    assertEquals(await other.section("Pinned").locator(".name").allTextContents(), ["No. 3", "No. 34"]);
    assertEquals(await other.row("No. 5").count(), 0);

    const found = (await api.list("?q=no. 5")).conversations.map(({ title }) => title);
    assertEquals(found, ["No. 5"], "a search finds it");
    await other.tab.action("archive-list").click();
    const kept = other.tab.page.locator("[data-kept]");
    await kept.getByText("No. 5", { exact: true }).first().waitFor();
    // Another tab archives while it is open.
    await list.choose("No. 6", "archive");
    await kept.nth(1).waitFor();
    assertEquals(await kept.locator("a").allTextContents(), ["No. 5", "No. 6"]);
    await kept.first().locator('[data-action="restore"]').click();
    await kept.nth(1).waitFor({ state: "detached" });
    for (const tab of [list, other]) await tab.row("No. 5").waitFor();
    await kept.locator("a").click();
    await other.tab.page.waitForURL(`**/c/${ids[6]}`);
    assertEquals((await api.list("?archived=true")).conversations.map(({ id }) => id), [ids[6]]);

    await list.choose("No. 3", "unpin");
    await other.section("Pinned").getByText("No. 3", { exact: true }).waitFor({ state: "detached" });
    await list.toast("Archived “No. 6”").locator('[data-action="notice"]').click();
    for (const tab of [list, other]) await tab.row("No. 6").waitFor();
    await list.focusOn("No. 6");
  });
});

Deno.test("T6: two answers run at once; what ended unseen is marked in words, until a tab shows it", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "20" } });
  const api = await Api.session(server.url);
  const [a, b] = [await api.create({ title: "A" }), await api.create({ title: "B" })];
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const list = await ListPage.open(context, `${server.url}/c/${a.id}`);
    const other = await ListPage.open(context, server.url);
    const running = (on: ListPage, title: string) =>
      on.row(title).getByRole("img", { name: "An answer is being written" });
    const unread = (on: ListPage, title: string) => on.row(title).getByRole("img", { name: "New answer" });
    await list.tab.page.bringToFront();
    await list.tab.send("count to 60");
    await list.tab.answerWith("streaming");
    await list.link("B").click();
    await list.tab.page.waitForURL(`**/c/${b.id}`);
    await list.tab.send("count to 100");
    for (const title of ["A", "B"]) await running(list, title).waitFor();
    await unread(list, "A").waitFor();
    await unread(other, "A").waitFor();
    assertEquals(await running(list, "B").count(), 1, "it still runs");
    assertEquals(await unread(list, "B").count(), 0);
    // It survives a reload, and is read by whoever opens it, in any tab.
    await other.tab.page.reload();
    await other.tab.live();
    await unread(other, "A").waitFor();
    await list.link("A").click();
    await list.tab.textThat((text) => text === countTo(60));
    for (const tab of [list, other]) await unread(tab, "A").waitFor({ state: "detached" });
    for (const tab of [list, other]) await unread(tab, "B").waitFor();
    await list.link("B").click();
    await list.tab.textThat((text) => text === countTo(100));
    for (const tab of [list, other]) await unread(tab, "B").waitFor({ state: "detached" });
    assertEquals(await list.nav.locator("[data-running]").count(), 0);
  });
});

Deno.test("M8, M9: on a phone the list is worked by finger, and nothing of it is too small or too wide", async () => {
  await using server = await AppServer.start();
  const api = await Api.session(server.url);
  await seed(server.kvPath, api.userId, 40, 9 * HOUR_MS);
  await withBrowser(async (browser) => {
    for (const viewport of [PHONE, { width: 320, height: 640 }]) {
      const session = { url: server.url, cookie: api.cookie };
      const context = await browser.context({ session, viewport, touch: true });
      const tab = await ChatPage.open(context, server.url);
      await tab.page.locator(".head .menu").tap();
      await tab.page.locator('.sidebar[data-open="true"]').waitFor();
      const more = tab.page.locator('[data-action="conversation-menu"]').nth(1);
      await more.tap();
      const items = tab.page.locator('[role="menu"] [role="menuitem"]');
      await items.first().waitFor();
      await assertLarge(items);
      await assertLarge(more);
      await tab.action("select").tap();
      await assertLarge(tab.page.locator(".pick-bar button"));
      await screenshot(tab.page, `sidebar-pick-${viewport.width}`);
      await tab.action("delete-picked").tap();
      await tab.action("trash").tap();
      await tab.page.locator("[data-kept]").first().waitFor();
      await assertLarge(tab.page.locator(".kept button"));
      const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assertEquals(wide, 0);
      await context.close();
    }
  });
});

async function assertLarge(targets: import("playwright-core").Locator): Promise<void> {
  const count = await targets.count();
  assert(count > 0, "there is nothing to press");
  for (let i = 0; i < count; i++) {
    const box = await targets.nth(i).boundingBox();
    assert(
      box !== null && box.height >= TARGET_PX_MIN,
      `${await targets.nth(i).innerText()} is ${box?.height} px high`,
    );
  }
}
