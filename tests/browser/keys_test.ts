// The keys of the page: its shortcuts, the way between questions, and the messages as one stop of Tab.
import type { Locator } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, type ServerWithProvider, startWithProvider } from "../support/server_with_provider.ts";

/** Lines enough to fill a screen. */
function long(name: string): string {
  return Array.from({ length: 30 }, (_, i) => `${name}, paragraph ${i}. The quick brown fox jumps.`).join(
    "\n\n",
  );
}

const FENCED = "Look:\n\n```js\nfirst();\n```\n\nand\n\n```js\nlast();\n```\n";

interface Talk {
  api: Api;
  conversationId: string;
  questions: string[];
  answers: string[];
}

/** A conversation with these answers, one after the other. */
async function talk({ server, fake }: ServerWithProvider, answers: string[]): Promise<Talk> {
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat, title: "A talk" });
  const said: Talk = { api, conversationId: conversation.id, questions: [], answers: [] };
  for (const [i, text] of answers.entries()) {
    const { message, reply } = await api.send(conversation.id, { text: `Question ${i + 1}` });
    const call = await fake.next();
    await call.send(text);
    await call.end();
    await api.finished(conversation.id, reply.messageId);
    said.questions.push(message.id);
    said.answers.push(reply.messageId);
  }
  return said;
}

/** A tab that listens to keys. */
async function listening(
  browser: TestBrowser,
  url: string,
  api: Api,
  path: string,
  options: { viewport?: typeof PHONE } = {},
): Promise<ChatPage> {
  const context = await browser.context({ session: { url, cookie: api.cookie }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await ChatPage.open(context, url + path);
  await tab.page.locator("body[data-keys]").waitFor({ state: "attached" });
  return tab;
}

const focusedMessage = (tab: ChatPage): Promise<string | null> =>
  tab.page.evaluate(() =>
    document.activeElement?.closest("article")?.getAttribute("data-message-id") ?? null
  );
/** What has the focus, in one word. */
const focused = (tab: ChatPage): Promise<string> =>
  tab.page.evaluate(() => {
    const { activeElement: active } = document;
    return active?.getAttribute("data-action") ?? active?.getAttribute("data-role") ?? active?.id ?? "";
  });
const clipboard = (tab: ChatPage): Promise<string> => tab.page.evaluate(() => navigator.clipboard.readText());
const dialog = (tab: ChatPage, name: string): Locator => tab.page.locator(`dialog.${name}[open]`);
const gone = (tab: ChatPage, name: string): Promise<void> =>
  tab.page.locator(`dialog.${name}`).waitFor({ state: "detached" });
/** How far the top of a message is below the top of the list. */
const below = (tab: ChatPage, id: string): Promise<number> =>
  tab.page.locator(`article[data-message-id="${id}"]`).evaluate((article) =>
    article.getBoundingClientRect().top - article.closest(".log")!.getBoundingClientRect().top
  );

Deno.test("K2: every shortcut does what the sheet says, in the composer too; the ones that write a letter do not", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const said = await talk(both, [long("One"), FENCED]);
  await withBrowser(async (browser) => {
    const tab = await listening(browser, server.url, said.api, `/c/${said.conversationId}`);
    const { keyboard } = tab.page;

    // Letters are letters.
    await tab.composer.focus();
    await keyboard.type("/? what");
    assertEquals(await tab.composer.inputValue(), "/? what");
    assertEquals(await tab.page.locator("dialog[open]").count(), 0);

    await keyboard.press("Control+Shift+C");
    await tab.page.locator(".toast", { hasText: "Copied the last answer." }).waitFor();
    assertEquals((await clipboard(tab)).trim(), FENCED.trim());
    await keyboard.press("Control+Shift+Semicolon");
    await tab.page.locator(".toast", { hasText: "Copied the last code." }).waitFor();
    assertEquals(await clipboard(tab), "last();");

    await keyboard.press("Control+k");
    await dialog(tab, "palette").waitFor();
    // In a dialog no key of the page does anything.
    await keyboard.press("Control+Shift+O");
    await keyboard.press("Alt+ArrowUp");
    assertEquals(new URL(tab.page.url()).pathname, `/c/${said.conversationId}`);
    await keyboard.press("Escape");
    await gone(tab, "palette");
    assertEquals(await focused(tab), "composer");

    await keyboard.press("Control+/");
    await dialog(tab, "shortcuts").waitFor();
    console.log(await screenshot(tab.page, "shortcuts"));
    await keyboard.press("Escape");
    await gone(tab, "shortcuts");

    // The sidebar, kept over a reload, without a flash: the server knows.
    const sidebar = tab.page.locator("#sidebar");
    await keyboard.press("Control+Shift+S");
    await sidebar.waitFor({ state: "hidden" });
    console.log(await screenshot(tab.page, "sidebar-hidden"));
    await tab.page.reload();
    assertEquals(await tab.page.locator("html").getAttribute("data-sidebar"), "hidden");
    await tab.live();
    assertEquals(await sidebar.isVisible(), false);
    await tab.action("fold").click();
    await sidebar.waitFor();
    await tab.page.locator("body[data-keys]").waitFor({ state: "attached" });

    // Away from the composer letters are keys.
    await tab.action("model").focus();
    await keyboard.press("/");
    assertEquals(await focused(tab), "composer");
    assertEquals(await tab.composer.inputValue(), "/? what", "the slash itself is not written");
    await tab.action("model").focus();
    await keyboard.press("Shift+Escape");
    assertEquals(await focused(tab), "composer");
    await tab.action("model").focus();
    await keyboard.press("?");
    await dialog(tab, "shortcuts").waitFor();
    await keyboard.press("Escape");
    await gone(tab, "shortcuts");
    assertEquals(await focused(tab), "model");

    // A composition is the input method's, whatever its keys are.
    await tab.action("model").evaluate((button) => {
      for (const more of [{ isComposing: true }, { keyCode: 229 }]) {
        button.dispatchEvent(
          new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true, ...more }),
        );
      }
    });
    assertEquals(await focused(tab), "model");

    await keyboard.press("Alt+End");
    assertEquals(await focusedMessage(tab), said.answers[1]);

    // Stopping, away from the composer.
    await tab.composer.fill("");
    await tab.send("Go on for ever");
    const call = await fake.next();
    await call.send("For ever");
    await tab.textThat((text) => text === "For ever");
    await tab.action("model").focus();
    await keyboard.press("Escape");
    await tab.answerWith("cancelled");

    await tab.composer.focus();
    await keyboard.press("Control+Shift+O");
    await tab.page.waitForURL(`${server.url}/`);
    assertEquals(await focused(tab), "composer");
  });
});

Deno.test("K2: switched off, no key does anything but the composer's; the switch is kept, and other tabs follow", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const said = await talk(both, ["Yes."]);
  await withBrowser(async (browser) => {
    const tab = await listening(browser, server.url, said.api, `/c/${said.conversationId}`);
    const { keyboard } = tab.page;
    await tab.action("model").focus();
    await keyboard.press("?");
    await dialog(tab, "shortcuts").waitFor();
    await tab.action("turn-shortcuts").click();
    await keyboard.press("Escape");
    await gone(tab, "shortcuts");
    await tab.page.locator("body:not([data-keys])").waitFor({ state: "attached" });
    const dead = async () => {
      for (
        const keys of ["/", "?", "Control+/", "Control+k", "Control+Shift+O", "Control+Shift+S", "Alt+End"]
      ) {
        await keyboard.press(keys);
      }
      assertEquals(await tab.page.locator("dialog").count(), 0);
      assertEquals(await focused(tab), "model");
      assertEquals(await tab.page.locator("#sidebar").isVisible(), true);
      assertEquals(new URL(tab.page.url()).pathname, `/c/${said.conversationId}`);
    };
    await dead();
    await tab.page.reload();
    await tab.live();
    await tab.action("model").focus();
    await dead();
    // By mouse all is there, and they are switched on again.
    await tab.action("search").click();
    await tab.page.locator('[data-choice="command-shortcuts"]').click();
    await tab.action("turn-shortcuts").click();
    await keyboard.press("Escape");
    await gone(tab, "shortcuts");
    await tab.page.locator("body[data-keys]").waitFor({ state: "attached" });
    await keyboard.press("Control+k");
    await dialog(tab, "palette").waitFor();
  });
});

Deno.test("M12: Alt and an arrow go from question to question, the end included; whoever writes goes on writing", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const said = await talk(both, [long("One"), long("Two"), long("Three"), "Short.", "Short, too."]);
  const [one, two, three, four, five] = said.questions as [string, string, string, string, string];
  await withBrowser(async (browser) => {
    const tab = await listening(browser, server.url, said.api, `/c/${said.conversationId}`);
    const { keyboard } = tab.page;
    const current = (id: string) =>
      tab.page.locator(`article[data-message-id="${id}"][data-found]`).waitFor();
    const status = (text: string) =>
      tab.page.locator('[data-announcer="status"]', { hasText: text }).waitFor({ state: "attached" });
    await tab.composer.focus();
    await keyboard.type("half a thou");
    // From the end: the last questions cannot be brought to the top, and none is passed over or met twice.
    const way = [three, two, one, one];
    await keyboard.press("Alt+ArrowUp");
    await status("of 5: Question");
    for (const id of way) {
      while (await tab.page.locator(`article[data-message-id="${id}"][data-found]`).count() === 0) {
        await keyboard.press("Alt+ArrowUp");
      }
      await current(id);
    }
    const top = await below(tab, one);
    assert(top >= 0 && top < 60, `the first question is ${top} px below the top`);
    await status("Question 1 of 5: Question 1");
    const met: string[] = [];
    for (let i = 0; i < 4; i++) {
      await keyboard.press("Alt+ArrowDown");
      met.push((await tab.page.locator("article[data-found]").getAttribute("data-message-id"))!);
    }
    assertEquals(met, [two, three, four, five]);
    await keyboard.press("Alt+ArrowDown");
    await tab.page.waitForFunction(() => {
      const list = document.querySelector(".log")!;
      return list.scrollHeight - list.scrollTop - list.clientHeight < 4;
    });
    assertEquals(await focused(tab), "composer");
    await keyboard.type("ght");
    assertEquals(await tab.composer.inputValue(), "half a thought");

    // From within an answer, the question before is its own.
    await tab.page.locator(`article[data-message-id="${said.answers[1]}"]`).evaluate((article) =>
      article.closest(".log")!.scrollTop = (article as HTMLElement).offsetTop + 300
    );
    await keyboard.press("Alt+ArrowUp");
    await current(two);

    // Elsewhere than in a field, the focus goes along.
    await tab.action("model").focus();
    await keyboard.press("Alt+ArrowDown");
    await current(three);
    assertEquals(await focusedMessage(tab), three);
  });
});

Deno.test("M12: the outline lists the questions, says which is read, and goes to one by keyboard and by mouse", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const said = await talk(both, [long("One"), long("Two"), long("Three")]);
  await withBrowser(async (browser) => {
    const tab = await listening(browser, server.url, said.api, `/c/${said.conversationId}`);
    const rows = tab.page.locator('[data-shelf="questions"] [role="option"]');
    await tab.action("outline").click();
    await rows.first().waitFor();
    assertEquals(await rows.allTextContents(), ["1Question 1", "2Question 2", "3Question 3Here"]);
    assertEquals(
      await tab.page.locator('[aria-current="true"][role="option"]').getAttribute("data-choice"),
      said.questions[2],
    );
    console.log(await screenshot(tab.page, "outline"));
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.keyboard.press("Enter");
    await gone(tab, "palette");
    assertEquals(await focusedMessage(tab), said.questions[1]);
    const top = await below(tab, said.questions[1]!);
    assert(top >= 0 && top < 60, `the question is ${top} px below the top`);

    await tab.action("outline").click();
    await tab.page.locator(`[data-choice="${said.questions[1]}"][aria-current="true"]`).waitFor();
    await tab.page.getByRole("combobox").fill("1");
    assertEquals(await rows.count(), 1);
    await rows.first().click();
    await gone(tab, "palette");
    assertEquals(await focusedMessage(tab), said.questions[0]);
    await tab.page.keyboard.press("Control+k");
    await tab.page.keyboard.type("questions");
    await tab.page.locator('[data-choice="command-outline"][data-active="true"]').waitFor();
    await tab.page.keyboard.press("Enter");
    await rows.nth(2).waitFor();
  });
});

Deno.test("K5: the messages are one stop of Tab; arrows go between them, Enter into one, Escape out of it, and a stream changes nothing of that", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const said = await talk(both, ["One [link](https://example.com/) here.", FENCED, long("Three")]);
  await withBrowser(async (browser) => {
    const tab = await listening(browser, server.url, said.api, `/c/${said.conversationId}`);
    const { keyboard } = tab.page;
    const list = tab.page.locator(".log");
    const all = [0, 1, 2].flatMap((i) => [said.questions[i]!, said.answers[i]!]);

    // Out of the composer backwards, and on: one stop.
    await tab.composer.focus();
    await keyboard.press("Shift+Tab");
    assertEquals(await focusedMessage(tab), all[5]);
    assertEquals(await focused(tab), "assistant", "the message itself, and no control in it");
    await keyboard.press("Shift+Tab");
    assertEquals(await focusedMessage(tab), null);
    assertEquals(await focused(tab), "model");
    await keyboard.press("Tab");
    assertEquals(await focusedMessage(tab), all[5]);
    await keyboard.press("Tab");
    assertEquals(await focused(tab), "composer");

    await keyboard.press("Shift+Tab");
    await keyboard.press("Home");
    assertEquals(await focusedMessage(tab), all[0]);
    for (const id of all.slice(1)) {
      await keyboard.press("ArrowDown");
      assertEquals(await focusedMessage(tab), id);
    }
    await keyboard.press("ArrowDown");
    assertEquals(await focusedMessage(tab), all[5], "after the last there is none");
    await keyboard.press("Home");
    await keyboard.press("ArrowUp");
    assertEquals(await focusedMessage(tab), all[0]);
    await keyboard.press("End");
    assertEquals(await focusedMessage(tab), all[5]);

    // Into one: its link, its buttons, in order, and out.
    await keyboard.press("Home");
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    assertEquals(await tab.page.evaluate(() => document.activeElement?.localName), "a");
    await keyboard.press("Tab");
    assertEquals(await focused(tab), "copy");
    assertEquals(await focusedMessage(tab), all[1]);
    await keyboard.press("Escape");
    assertEquals([await focusedMessage(tab), await focused(tab)], [all[1], "assistant"]);
    await keyboard.press("Tab");
    assertEquals(await focused(tab), "jump", "once out, Tab leaves the list, which is not at its end");
    await keyboard.press("Shift+Tab");
    assertEquals(await focusedMessage(tab), all[1], "and comes back to where it was");
    console.log(await screenshot(tab.page, "message-focus"));
    // From its last control Tab leaves, too.
    await keyboard.press("Enter");
    for (let i = 0; i < 30 && await focusedMessage(tab) === all[1]; i++) await keyboard.press("Tab");
    assertEquals(await focused(tab), "jump");

    // Keys that scroll go on scrolling, and so do arrows for whoever clicked into a text.
    await keyboard.press("Shift+Tab");
    await keyboard.press("End");
    const top = () => list.evaluate((element) => element.scrollTop);
    const atEnd = await top();
    /** A browser scrolls for some frames after the key; a list that still moves is its reader's, and does not follow. */
    const scrolls = async (key: string) => {
      await list.evaluate((element) => {
        delete (element as HTMLElement).dataset.scrolled;
        element.addEventListener("scrollend", () => (element as HTMLElement).dataset.scrolled = "", {
          once: true,
        });
      });
      await keyboard.press(key);
      await tab.page.locator(".log[data-scrolled]").waitFor();
    };
    await scrolls("PageUp");
    await tab.page.waitForFunction((atEnd) => document.querySelector(".log")!.scrollTop < atEnd - 100, atEnd);
    assertEquals(await focusedMessage(tab), all[5]);
    await tab.page.locator(`article[data-message-id="${all[5]}"] p`).nth(12).click();
    const clicked = await top();
    await scrolls("ArrowUp");
    await tab.page.waitForFunction((clicked) => document.querySelector(".log")!.scrollTop < clicked, clicked);
    assertEquals(await focusedMessage(tab), all[5]);

    // A selection is the reader's: keys with Shift are not ours.
    await tab.page.evaluate((id) => {
      const text = document.querySelector(`article[data-message-id="${id}"] p`)!.firstChild!;
      getSelection()!.setBaseAndExtent(text, 0, text, 5);
    }, all[5]!);
    await keyboard.press("Shift+ArrowRight");
    assertEquals(await tab.page.evaluate(() => getSelection()!.toString()), "Three,");

    // While an answer grows: the focus stays where it is, and what grows is a message as any other.
    await tab.send("And now?");
    const call = await fake.next();
    await call.send("Growing");
    await tab.textThat((text) => text === "Growing");
    // The way to the end is a stop of its own until the list is there.
    await tab.action("jump").waitFor({ state: "detached" });
    await keyboard.press("Shift+Tab");
    await tab.page.locator("article:focus").waitFor();
    await keyboard.press("End");
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-status")),
      "streaming",
    );
    for (let i = 0; i < 20; i++) await call.send(`\n\nparagraph ${i}`);
    await call.end();
    await tab.textThat((text) => text.endsWith("paragraph 19"));
    // With the same focus.
    await tab.page.locator('article[data-status="complete"]:focus').waitFor();
    assertEquals(await focusedMessage(tab), await tab.answers.last().getAttribute("data-message-id"));
    await keyboard.press("Enter");
    assertEquals(await focused(tab), "copy");
    await keyboard.press("Escape");
    await keyboard.press("Tab");
    assertEquals(await focused(tab), "composer");
  });
});
