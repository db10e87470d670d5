// Everybody can use the page: what axe can tell of every place in it, in both themes, enlarged, and in colours of the reader's.
import type { Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { findings } from "../support/axe.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, type ServerWithProvider, startWithProvider } from "../support/server_with_provider.ts";

/** 1,280 px enlarged four times; and twice. */
const NARROWEST = { width: 320, height: 640 };
const TWICE = { width: 640, height: 400 };

const EVERYTHING = [
  "# A heading\n\nSome **bold** words, `code`, and [a link](https://example.org).\n\n",
  "```ts\nconst a: number = 1; // a comment that is long enough to scroll sideways in any box on any phone\n```\n\n",
  "| Left | Right |\n| --- | ---: |\n| one | 1 |\n| two | 2 |\n\n",
  "\\[ \\int_0^1 x^2\\,dx = \\frac{1}{3} \\]\n\n",
  "- [x] done\n- [ ] to do\n\n> A quote.\n\n![a picture](https://example.org/cat.png)",
];

interface World {
  tab: ChatPage;
  page: Page;
  both: ServerWithProvider;
  api: Api;
}

const inSettings = (tab: string) => async ({ tab: chat, page }: World) => {
  await chat.action("settings").click();
  await page.getByRole("tab", { name: tab }).click();
  await page.waitForFunction(() => document.querySelector('.settings [aria-busy="true"]') === null);
};
const closeDialog = async ({ page }: World) => {
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
};
/** A menu, as the button with this name opens it. */
const inMenu = (name: string) => async ({ tab, page }: World) => {
  await tab.action(name).last().press("Enter");
  await page.locator(".menu-list:popover-open [role=menuitem]:focus").waitFor();
};
const closeMenu = async ({ page }: World) => {
  await page.keyboard.press("Escape");
  await page.locator(".menu-list").waitFor({ state: "detached" });
};
/** What is taken from such a menu. */
const fromMenu = (menu: string, item: string, there: string) => async (world: World) => {
  await inMenu(menu)(world);
  await world.page.locator(`.menu-list [data-action="${item}"]`).press("Enter");
  await world.page.locator(there).waitFor();
};
const closeEditor = async ({ tab, page }: World) => {
  await tab.action("cancel-edit").click();
  await page.locator(".editor").waitFor({ state: "detached" });
};
const inKept = (which: "archive" | "trash") => async ({ tab, page }: World) => {
  await tab.action(which === "archive" ? "archive-list" : "trash").click();
  await page.locator("[data-kept]").first().waitFor();
};

/**
 * Every place of the page, in the order in which they are gone to. A new dialog is a row: how one gets there, and how one
 * leaves.
 */
const PLACES: { name: string; go(world: World): Promise<void>; leave?(world: World): Promise<void> }[] = [
  { name: "an empty chat", go: async ({ page, both }) => void await page.goto(both.server.url) },
  ...["This chat", "All chats", "This device", "Data", "Usage"].map((tab) => ({
    name: `settings, ${tab}`,
    go: inSettings(tab),
    leave: closeDialog,
  })),
  {
    name: "settings, about to delete everything",
    async go(world) {
      await inSettings("Data")(world);
      await world.tab.action("delete-all").click();
    },
    leave: closeDialog,
  },
  {
    name: "the models",
    async go({ tab, page }) {
      await tab.action("model").click();
      await page.locator("[data-model]").first().waitFor();
    },
    leave: closeDialog,
  },
  ...["palette", "shortcuts"].map((name) => ({
    name: `the ${name}`,
    async go({ page }: World) {
      await page.locator("body[data-keys]").waitFor();
      await page.keyboard.press(name === "palette" ? "Control+k" : "Control+/");
      await page.locator("dialog[open]").waitFor();
    },
    leave: closeDialog,
  })),
  {
    name: "the archive",
    async go(world) {
      const { id } = await world.api.create({ title: "Archived" });
      await world.api.patch(id, { archived: true });
      await inKept("archive")(world);
    },
    leave: closeDialog,
  },
  {
    name: "the trash",
    async go(world) {
      const { id } = await world.api.create({ title: "Thrown away" });
      await world.api.request("DELETE", `/api/conversations/${id}`);
      await inKept("trash")(world);
    },
    leave: closeDialog,
  },
  {
    name: "the trash, about to delete for good",
    async go(world) {
      await inKept("trash")(world);
      await world.tab.action("purge").first().click();
      await world.tab.action("sure").waitFor();
    },
    leave: closeDialog,
  },
  {
    name: "an answer with everything",
    async go({ tab, page, both, api }) {
      const { id } = await api.create({ model: MODELS.chat, fallbacks: [], title: "Everything" });
      await page.goto(`${both.server.url}/c/${id}`);
      await tab.live();
      await tab.send("Show me\neverything");
      const call = await both.fake.next();
      await call.reason("I should think about that.");
      for (const part of EVERYTHING) await call.send(part);
      await call.end();
      await tab.answerWith("complete");
      await page.locator("math").waitFor();
      await tab.answers.last().locator(".reasoning summary").click();
    },
  },
  ...[["a message", "message-menu"], ["this conversation", "this-conversation"], [
    "a row",
    "conversation-menu",
  ]].map(([of, name]) => ({ name: `the menu of ${of}`, go: inMenu(name!), leave: closeMenu })),
  {
    name: "a question that is edited",
    async go({ tab, page }) {
      await tab.questions.last().locator('[data-action="edit"]').press("Enter");
      await page.locator(".editor textarea:focus").waitFor();
    },
    leave: closeEditor,
  },
  {
    name: "an answer that is edited",
    go: fromMenu("message-menu", "edit", ".editor textarea:focus"),
    leave: closeEditor,
  },
  {
    name: "a title that is changed, in the head",
    go: fromMenu("this-conversation", "rename-conversation", ".head-title"),
    async leave({ page }) {
      await page.locator(".head-title").press("Escape");
      await page.locator(".head-title").waitFor({ state: "detached" });
    },
  },
  {
    name: "about to clear a conversation",
    go: fromMenu("this-conversation", "clear-conversation", "dialog[open]"),
    leave: closeDialog,
  },
  {
    name: "a title that is changed, in the list",
    go: fromMenu("conversation-menu", "rename", ".sidebar .rename"),
    // The drawer of a narrow page is closed, and the field left with it.
    async leave({ page }) {
      await page.locator(".sidebar .rename").waitFor({ state: "detached" });
    },
  },
  {
    name: "conversations that are selected",
    go: fromMenu("conversation-menu", "select", ".pick-bar"),
    async leave({ tab, page }) {
      await tab.action("select-end").click();
      await page.locator(".pick-bar").waitFor({ state: "detached" });
    },
  },
  {
    name: "the outline",
    async go({ tab, page }) {
      await tab.action("outline").click();
      await page.locator("dialog[open]").waitFor();
    },
    leave: closeDialog,
  },
  {
    name: "an answer that failed",
    async go({ tab, both }) {
      await tab.send("Fail");
      await (await both.fake.next()).refuse(401, "invalid_api_key", "Incorrect API key provided");
      await tab.answerWith("failed");
    },
  },
  {
    name: "an answer that is awaited, and one that waits",
    async go({ tab, page, both }) {
      await tab.send("Think");
      const call = await both.fake.next();
      await page.locator(".thinking").waitFor();
      await tab.send("And this next");
      await page.locator("[data-queued]").first().waitFor();
      await call.send("Words that are being written");
      await tab.textThat((text) => text.includes("being written"));
    },
    async leave({ tab }) {
      await tab.action("unqueue").click();
      await tab.action("stop").click();
      await tab.answerWith("cancelled");
    },
  },
  {
    name: "the page of an error",
    async go({ page, both }) {
      await page.goto(`${both.server.url}/c/${crypto.randomUUID()}`);
      await page.locator(".error-page").waitFor();
    },
  },
];

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`K6: axe finds nothing serious anywhere, and nothing scrolls sideways when enlarged, ${colorScheme}`, async () => {
    await using both = await startWithProvider();
    const api = await Api.session(both.server.url);
    await withBrowser(async (browser) => {
      browser.expect(/status of 404/);
      const context = await browser.context({
        session: { url: both.server.url, cookie: api.cookie },
        colorScheme,
        reducedMotion: true, // colours in the middle of a fade are nobody's
      });
      const tab = await ChatPage.open(context, both.server.url);
      const world: World = { tab, page: tab.page, both, api };
      const found: Record<string, unknown> = {};
      for (const { name, go, leave } of PLACES) {
        await go(world);
        const serious = await findings(tab.page);
        if (serious.length > 0) found[name] = serious;
        for (const viewport of [TWICE, NARROWEST]) {
          await tab.page.setViewportSize(viewport);
          const wide = await tab.page.evaluate(() =>
            [
              document.documentElement,
              ...document.querySelectorAll(
                ".log, .head, .editor, .sidebar, .menu-list, dialog[open], dialog[open] .scroll",
              ),
            ]
              .filter((box) => box.scrollWidth > box.clientWidth)
              .map((box) => `${box.tagName}.${box.className}: ${box.scrollWidth} of ${box.clientWidth} px`)
          );
          if (wide.length > 0) found[`${name} at ${viewport.width} px`] = wide;
        }
        await screenshot(tab.page, `axe-${colorScheme}-${name.replaceAll(/\W+/g, "-")}`);
        await tab.page.setViewportSize({ width: 1280, height: 800 });
        await leave?.(world);
      }
      assertEquals(found, {});
    });
  });
}

Deno.test("K6: axe would find what is wrong", async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context(), both.server.url);
    await tab.page.evaluate(() => {
      document.querySelector("main")!.append(document.createElement("button"));
    });
    assertEquals((await findings(tab.page)).map(({ rule }) => rule), ["button-name"]);
  });
});

Deno.test("K6: a finger can enlarge the page, and who wants no motion sees none", async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const context = await browser.context({ viewport: PHONE, touch: true, reducedMotion: true });
    const tab = await ChatPage.open(context, both.server.url);
    const meta = await tab.page.locator('meta[name="viewport"]').getAttribute("content") ?? "";
    assert(!/user-scalable|maximum-scale/.test(meta), meta);
    const devtools = await context.newCDPSession(tab.page);
    await devtools.send("Input.synthesizePinchGesture", { x: 195, y: 300, scaleFactor: 2 });
    await tab.page.waitForFunction(() => visualViewport!.scale > 1.5);

    await tab.send("Think");
    const call = await both.fake.next();
    await tab.page.locator(".thinking").waitFor();
    assertEquals(await tab.page.evaluate(() => document.getAnimations().length), 0);
    await call.end();
  });
});

Deno.test("K6: in forced colours what is chosen, running or pressed is told by more than a colour", async () => {
  await using both = await startWithProvider();
  await withBrowser(async (browser) => {
    const context = await browser.context();
    const tab = await ChatPage.open(context, both.server.url);
    await tab.page.emulateMedia({ forcedColors: "active" });
    await tab.action("settings").click();
    await tab.page.getByRole("tab", { name: "This device" }).click();
    const outline = (selector: string) =>
      tab.page.locator(selector).first().evaluate((el) => getComputedStyle(el).outlineStyle);
    assertEquals(await outline('[role="tab"][aria-selected="true"]'), "solid");
    assertEquals(await outline(".segments input:checked + span"), "solid");
    assertEquals(await outline(".segments input:not(:checked) + span"), "none");
    await screenshot(tab.page, "forced-colors-settings");
    await tab.page.keyboard.press("Escape");
    await screenshot(tab.page, "forced-colors-empty");
    const border = await tab.action("send").evaluate((el) => getComputedStyle(el).borderStyle);
    assertEquals(border, "solid");
  });
});
