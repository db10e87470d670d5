// What was said, changed by its reader: other words, another branch, a chat of its own, nothing at all.
import type { Locator } from "playwright-core";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { joined } from "../../lib/protocol/fenced.ts";
import { textOf as wordsOf } from "../../lib/protocol/message.ts";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import type { FakeProvider } from "../support/fake_provider/mod.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** What a finger needs, in pixels. */
const TARGET_PX_MIN = 44;

/** A conversation of these messages, each answered by `auto`, and its address. */
async function talk(url: string, texts: readonly string[]) {
  const api = await Api.session(url);
  const { id } = await api.create({ model: MODELS.chat, title: "Plans" });
  for (const text of texts) {
    const { reply } = await api.send(id, { text });
    await api.finished(id, reply.messageId);
  }
  return { api, id, address: `${url}/c/${id}`, session: { url, cookie: api.cookie } };
}

const article = (tab: ChatPage, text: string): Locator =>
  tab.page.locator("article[data-message-id]").filter({
    has: tab.page.locator("[data-text]", { hasText: text }),
  })
    .first();
const within = (message: Locator, action: string): Locator => message.locator(`[data-action="${action}"]`);
const editor = (tab: ChatPage): Locator => tab.page.locator(".editor textarea");
const focused = (tab: ChatPage) =>
  tab.page.evaluate(() => {
    const { activeElement } = document;
    const message = activeElement?.closest("article")?.querySelector("[data-text]")?.textContent;
    return [activeElement?.getAttribute("data-action") ?? activeElement?.tagName, message?.trim()];
  });
/** Resolves when the focus is on this control of this message. */
const focusOn = (tab: ChatPage, action: string, text: string) =>
  tab.page.waitForFunction(
    ([action, text]) =>
      document.activeElement?.getAttribute("data-action") === action &&
      document.activeElement?.closest("article")?.querySelector("[data-text]")?.textContent?.trim() === text,
    [action, text],
  );
/** What is shown, once it is this. */
const shows = (tab: ChatPage, texts: readonly string[]) =>
  tab.page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll("article[data-message-id] [data-text]")].map((e) => e.textContent?.trim())
        .join("|") === wanted,
    texts.join("|"),
  );
/** What the newest request said. */
function asked(fake: FakeProvider): string[] {
  const body = fake.exchanges.at(-1)!.body as { messages: { content: string }[] };
  return body.messages.map(({ content }) => content);
}
/** Opens the menu of a message, and takes one of it. */
async function take(tab: ChatPage, message: Locator, action: string): Promise<void> {
  await within(message, "message-menu").click();
  await tab.page.locator(`[role="menu"] [data-action="${action}"]`).click();
}

Deno.test("M3: message 1 of 6 is edited in place; after a reload the old branch is reachable, and both go on by themselves", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const { api, id, address, session } = await talk(server.url, ["one", "two", "three"]);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await tab.composer.fill("a draft");
    const first = article(tab, "one");
    await within(first, "edit").press("Enter");
    await editor(tab).waitFor();
    assertEquals(await editor(tab).inputValue(), "one");
    assertEquals((await focused(tab))[0], "TEXTAREA");
    await screenshot(tab.page, "edit-desktop");
    // Escape leaves it as it was, and gives the focus back.
    await editor(tab).fill("something");
    await editor(tab).press("Escape");
    await focusOn(tab, "edit", "one");
    assertEquals(await editor(tab).count(), 0);

    // What was typed survives a reload, and takes no focus then.
    await within(first, "edit").click();
    await editor(tab).fill("uno");
    await editor(tab).press("Shift+Enter");
    await tab.page.keyboard.type("otra vez");
    await tab.page.reload();
    await tab.live();
    await editor(tab).waitFor();
    assertEquals(await editor(tab).inputValue(), "uno\notra vez");
    assertEquals(await tab.composer.inputValue(), "a draft");
    // Enter that ends a composition sends nothing.
    await editor(tab).evaluate((box) => {
      for (const keyCode of [229, 13]) {
        const event = new KeyboardEvent("keydown", {
          key: "Enter",
          isComposing: keyCode === 13,
          bubbles: true,
        });
        Object.defineProperty(event, "keyCode", { value: keyCode });
        box.dispatchEvent(event);
      }
    });
    assertEquals(await editor(tab).count(), 1);
    await editor(tab).fill("uno");
    await editor(tab).press("Enter");
    await shows(tab, ["uno", "Yes."]);
    await focusOn(tab, "edit", "uno");
    assertEquals(await tab.composer.inputValue(), "a draft", "the composer keeps what it had");
    assertEquals(await article(tab, "uno").locator("[data-versions]").textContent(), "2/2");
    await shows(other, ["uno", "Yes."]);
    assertEquals((await api.read(id)).messages.length, 8);

    await tab.page.reload();
    await tab.live();
    await shows(tab, ["uno", "Yes."]);
    await within(article(tab, "uno"), "version-back").click();
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three", "Yes."]);
    await shows(other, ["one", "Yes.", "two", "Yes.", "three", "Yes."]);
    await tab.page.reload();
    await tab.live();
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three", "Yes."]);
    await other.send("four");
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three", "Yes.", "four", "Yes."]);
    // In the middle, by Ctrl+Enter.
    await within(article(tab, "two"), "edit").click();
    await editor(tab).fill("dos");
    await editor(tab).press("Control+Enter");
    await shows(tab, ["one", "Yes.", "dos", "Yes."]);
    assertEquals(asked(fake).slice(-3), ["one", "Yes.", "dos"]);
  });
});

Deno.test("M3: edited while an answer is written, a message waits in the queue, and begins its branch when its turn comes", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    await tab.send("one");
    const first = await fake.next();
    await first.send("Well");
    await tab.textThat((text) => text === "Well");
    await within(article(tab, "one"), "edit").click();
    await editor(tab).fill("uno");
    assertMatch(await tab.page.locator(".editor .note").innerText(), /queues it/);
    await editor(tab).press("Enter");
    await tab.page.locator("[data-queued]").filter({ hasText: "uno" }).waitFor();
    await focusOn(tab, "edit", "one");
    await shows(tab, ["one", "Well"]);
    await first.send(", yes.");
    await first.end();
    const second = await fake.next();
    await second.send("Sí.");
    await second.end();
    await shows(tab, ["uno", "Sí."]);
    // Both keys of the composer hold here too.
    await context.addCookies([{ url: server.url, name: "device", value: "sendKey=mod-enter" }]);
    await tab.page.reload();
    await tab.live();
    await within(article(tab, "uno"), "edit").click();
    await editor(tab).press("Enter");
    assertEquals(await editor(tab).inputValue(), "uno\n");
    await editor(tab).fill("eins");
    await editor(tab).press("Control+Enter");
    const third = await fake.next();
    await third.send("Ja.");
    await third.end();
    await shows(tab, ["eins", "Ja."]);
    assertEquals(await article(tab, "eins").locator("[data-versions]").textContent(), "3/3");
  });
});

Deno.test("M3, C6: the words of a message with files are edited without them, the files go along, and a reload loses neither", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const files = [{ name: "a.ts", text: "const a = 1;" }, { name: "notes.md", text: "```\nfenced\n```" }];
  const { address, session } = await talk(server.url, [joined("Compare these", files)]);
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context({ session }), address);
    const along = tab.page.locator(".editor [data-along]");
    const first = article(tab, "Compare these");
    await within(first, "edit").click();
    assertEquals(await editor(tab).inputValue(), "Compare these");
    assertEquals(await along.innerText(), "2 files go along: a.ts, notes.md");
    await screenshot(tab.page, "edit-with-files");

    await editor(tab).fill("Merge these");
    await tab.page.reload();
    await tab.live();
    assertEquals(await editor(tab).inputValue(), "Merge these");
    assertEquals(await along.innerText(), "2 files go along: a.ts, notes.md");
    await editor(tab).press("Enter");
    const merged = article(tab, "Merge these");
    await within(merged, "version-back").waitFor();
    await tab.answerWith("complete");
    assertEquals(await merged.locator("[data-attached]").count(), 2);
    assertEquals(asked(fake), [joined("Merge these", files)]);

    // Files alone are a message too.
    await within(merged, "edit").click();
    await editor(tab).fill("");
    await editor(tab).press("Enter");
    await tab.page.locator("[data-versions]", { hasText: "3/3" }).waitFor();
    await tab.answerWith("complete");
    assertEquals(asked(fake), [joined("", files)]);
  });
});

Deno.test("T12: a version that is chosen survives a reload, is shown in the other tab, and is followed by the next message", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["First."] } });
  const { server, fake } = both;
  const { id, api, address, session } = await talk(server.url, ["hello"]);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    for (const n of [2, 3]) {
      await within(tab.answers.last(), "regenerate").click();
      await tab.answers.last().locator("[data-versions]").filter({ hasText: `${n}/${n}` }).waitFor();
      await tab.answerWith("complete");
    }
    const versions = (at: ChatPage, wanted: string) =>
      at.answers.last().locator("[data-versions]").filter({ hasText: wanted }).waitFor();
    // Quickly, back and forth, by keyboard: the focus stays on what is pressed, and the last choice is what stays.
    await within(tab.answers.last(), "version-back").focus();
    for (const [key, wanted] of [["Enter", "2/3"], ["Enter", "1/3"]] as const) {
      await tab.page.keyboard.press(key);
      await versions(tab, wanted);
      await tab.page.waitForFunction(() => document.activeElement?.closest(".versions") !== null);
    }
    await tab.page.locator('[data-announcer="status"]', { hasText: "Version 1 of 3." }).waitFor({
      state: "attached",
    });
    // At its end the button is none: the other one has the focus.
    assertEquals((await focused(tab))[0], "version-forth");
    await tab.page.keyboard.press("Enter");
    await versions(tab, "2/3");
    await versions(other, "2/3");
    await tab.page.reload();
    await tab.live();
    await versions(tab, "2/3");
    const chosen = await tab.answers.last().getAttribute("data-message-id");
    await other.send("and then");
    await tab.questions.nth(1).waitFor();
    const { messages } = await api.read(id);
    assertEquals(messages.find((message) => wordsOf(message) === "and then")!.parentId, chosen);
    assert(fake.exchanges.length >= 4);
  });
});

Deno.test("C13: ArrowUp in an empty box edits the last message; one that waits comes first, and words in the box stay", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const { address, session } = await (async () => {
    const api = await Api.session(server.url);
    const { id } = await api.create({ model: MODELS.chat });
    return { address: `${server.url}/c/${id}`, session: { url: server.url, cookie: api.cookie } };
  })();
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context({ session }), address);
    await tab.composer.press("ArrowUp");
    assertEquals(await editor(tab).count(), 0, "nothing was said yet");
    await tab.send("one");
    const first = await fake.next();
    await first.send("Well");
    await tab.send("waits");
    await tab.page.locator('[data-queued] [data-action="edit-queued"]').waitFor();
    await tab.composer.press("ArrowUp");
    await tab.page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>("#composer")?.value === "waits"
    );
    await tab.composer.press("Escape");
    assertEquals(await editor(tab).count(), 0);
    await first.end();
    const second = await fake.next();
    await second.send("Done.");
    await second.end();
    await shows(tab, ["one", "Well", "waits", "Done."]);
    await tab.composer.fill("a draft");
    await tab.composer.press("ArrowUp");
    assertEquals(await editor(tab).count(), 0);
    await tab.composer.fill("");
    await tab.composer.press("ArrowUp");
    await editor(tab).waitFor();
    assertEquals(await editor(tab).inputValue(), "waits");
    assertEquals((await focused(tab))[0], "TEXTAREA");
  });
});

Deno.test("M4: a chat is branched from any message: the new one has exactly the prefix, and goes on by itself", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const { api, id, address, session } = await talk(server.url, ["one", "two", "three"]);
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context({ session }), address);
    const answer = tab.answers.nth(1);
    // By keyboard: the menu goes around, and a letter finds its item.
    await within(answer, "message-menu").focus();
    await tab.page.keyboard.press("Enter");
    const item = (action: string) => tab.page.locator(`[role="menuitem"][data-action="${action}"]:focus`);
    await item("regenerate-with").waitFor();
    await tab.page.keyboard.press("ArrowUp");
    await item("remove").waitFor();
    await tab.page.keyboard.press("Home");
    await tab.page.keyboard.press("ArrowDown");
    await item("edit").waitFor();
    await screenshot(tab.page, "message-menu-desktop");
    await tab.page.keyboard.press("Escape");
    await focusOn(tab, "message-menu", "Yes.");
    assertEquals(await tab.page.getByRole("menu").count(), 0);
    await tab.page.keyboard.press("Enter");
    await item("regenerate-with").waitFor();
    await tab.page.keyboard.press("b");
    await item("fork").waitFor();
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForURL((url) => url.pathname !== new URL(address).pathname);
    await shows(tab, ["one", "Yes.", "two", "Yes."]);
    const made = tab.page.url().split("/").at(-1)!;
    const [copy, source] = [await api.read(made), await api.read(id)];
    assertEquals(copy.messages.map(wordsOf), source.messages.slice(0, 4).map(wordsOf));
    assertEquals(copy.conversation.title, "Plans (branch)");
    await tab.page.locator(`[data-conversation-id="${made}"][data-current="true"]`).waitFor();
    await tab.send("and now");
    await shows(tab, ["one", "Yes.", "two", "Yes.", "and now", "Yes."]);
    assertEquals((await api.read(id)).messages.length, 6);
    assertEquals(fake.exchanges.length, 4);
    // A press on the button of an open menu closes it.
    await within(tab.answers.last(), "message-menu").click();
    await tab.page.getByRole("menu").waitFor();
    await within(tab.answers.last(), "message-menu").click();
    await tab.page.getByRole("menu").waitFor({ state: "detached" });
  });
});

Deno.test("M5: an answer is edited in its place: it says so everywhere, and the next request sends the new words", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["It is ", "**blue**."] } });
  const { server, fake } = both;
  const { address, session } = await talk(server.url, ["which colour?"]);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await take(tab, tab.answers.last(), "edit");
    await editor(tab).waitFor();
    assertEquals(await editor(tab).inputValue(), "It is **blue**.");
    // An answer has many lines: Enter begins another.
    await editor(tab).press("Enter");
    assertEquals(await editor(tab).inputValue(), "It is **blue**.\n");
    await editor(tab).fill("It is *red*.\n\n- so\n- there");
    await editor(tab).press("Control+Enter");
    await editor(tab).waitFor({ state: "detached" });
    await focusOn(tab, "message-menu", "It is red.sothere");
    for (const at of [tab, other]) {
      await at.answers.last().locator("em", { hasText: "red" }).waitFor();
      await at.answers.last().locator(".edited").waitFor();
    }
    await other.page.reload();
    await other.live();
    await other.answers.last().locator("em", { hasText: "red" }).waitFor();
    assertEquals(await other.answers.last().locator("strong").count(), 0);
    await tab.send("why?");
    await shows(tab, ["which colour?", "It is red.sothere", "why?", "It is blue."]);
    assertEquals(asked(fake).slice(-3), [
      "which colour?",
      "It is *red*.\n\n- so\n- there",
      "why?",
    ]);
    await screenshot(tab.page, "edited-desktop");
  });
});

Deno.test("M5: a message is deleted and had back: what follows it stays, the focus goes on, and an edit of it is not lost", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const { api, id, address, session } = await talk(server.url, ["one", "two", "three"]);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await within(article(other, "two"), "edit").click();
    await editor(other).fill("two, said better");
    await take(tab, article(tab, "two"), "remove");
    await shows(tab, ["one", "Yes.", "Yes.", "three", "Yes."]);
    await tab.page.waitForFunction(() => document.activeElement?.matches("article[data-role=assistant]"));
    // The other tab was changing it: its words are not lost.
    await other.page.waitForFunction(() =>
      document.querySelector<HTMLTextAreaElement>("#composer")?.value === "two, said better"
    );
    await shows(other, ["one", "Yes.", "Yes.", "three", "Yes."]);
    await tab.page.locator(".toast").filter({ hasText: "Message deleted" }).getByRole("button", {
      name: "Undo",
    })
      .click();
    for (const at of [tab, other]) await shows(at, ["one", "Yes.", "two", "Yes.", "three", "Yes."]);
    await take(tab, tab.answers.last(), "remove");
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three"]);
    await tab.page.reload();
    await tab.live();
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three"]);
    assertEquals((await api.read(id)).messages.length, 5);
    // A question without an answer is followed, and asked again by its Edit.
    await tab.send("four");
    await shows(tab, ["one", "Yes.", "two", "Yes.", "three", "four", "Yes."]);
  });
});

Deno.test("M2: the conversation's menu renames, copies its id and link, clears it, and deletes it, by mouse and by keyboard", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const { api, id, address, session } = await talk(server.url, ["one", "two"]);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    const tab = await ChatPage.open(context, address);
    const open = async () => {
      await tab.action("this-conversation").press("Enter");
      await tab.page.getByRole("menu").waitFor();
    };
    const clipboard = () => tab.page.evaluate(() => navigator.clipboard.readText());
    await open();
    assertMatch(await tab.page.getByRole("menu").innerText(), new RegExp(id));
    await screenshot(tab.page, "conversation-menu");
    await tab.page.keyboard.press("r");
    await tab.page.keyboard.press("Enter");
    const title = tab.page.getByRole("textbox", { name: "Title" });
    await title.fill("Other plans");
    await title.press("Enter");
    await tab.page.locator("#chat-title", { hasText: "Other plans" }).waitFor();
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "this-conversation",
    );
    assertEquals((await api.read(id)).conversation.title, "Other plans");
    await open();
    await tab.page.locator('[data-action="copy-id"]').click();
    await tab.page.locator(".toast", { hasText: "Id copied" }).waitFor();
    assertEquals(await clipboard(), id);
    await open();
    await tab.page.locator('[data-action="copy-link"]').click();
    await tab.page.locator(".toast", { hasText: "Link copied" }).waitFor();
    assertEquals(await clipboard(), address);

    // Cleared: asked first, and kept by whoever presses Enter without reading.
    await open();
    await tab.page.locator('[data-action="clear-conversation"]').press("Enter");
    await tab.action("clear-now").waitFor();
    await screenshot(tab.page, "clear");
    await tab.page.keyboard.press("Enter");
    await tab.action("clear-now").waitFor({ state: "detached" });
    await shows(tab, ["one", "Yes.", "two", "Yes."]);
    await open();
    await tab.page.locator('[data-action="clear-conversation"]').click();
    await tab.action("clear-now").click();
    await tab.action("clear-now").waitFor({ state: "detached" });
    await shows(tab, []);
    await tab.page.reload();
    await tab.live();
    const { conversation, messages } = await api.read(id);
    assertEquals([messages.length, conversation.title], [0, "Other plans"]);
    await tab.send("three");
    await shows(tab, ["three", "Yes."]);
    await open();
    await tab.page.locator('[data-action="delete-conversation"]').click();
    await tab.page.waitForURL(`${server.url}/`);
    await tab.page.locator(".toast", { hasText: "Deleted" }).getByRole("button", { name: "Undo" }).click();
    await shows(tab, ["three", "Yes."]);
  });
});

Deno.test("M2, M3: on a phone of 320 px every control is a target for a finger, and nothing scrolls sideways", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const { api, id, address, session } = await talk(server.url, ["one"]);
  const { messages } = await api.read(id);
  const { reply } = await api.regenerate(id, { messageId: messages[1]!.id });
  await api.finished(id, reply.messageId);
  await withBrowser(async (browser) => {
    for (const [name, viewport] of [["narrow", { width: 320, height: 640 }], ["phone", PHONE]] as const) {
      for (const colorScheme of ["light", "dark"] as const) {
        const tab = await ChatPage.open(
          await browser.context({ session, viewport, colorScheme, touch: true }),
          address,
        );
        const fits = async (where: string) => {
          const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert(wide <= 0, `${where}: ${wide} px too wide`);
          for (const button of await tab.page.locator("footer button, .head button, .editor button").all()) {
            const box = await button.boundingBox();
            if (box === null) continue;
            const what = `${where}: ${await button.getAttribute("data-action")}`;
            assert(box.width >= TARGET_PX_MIN && box.height >= TARGET_PX_MIN, `${what} of ${box.width}`);
            assert(box.x >= 0 && box.x + box.width <= viewport.width, `${what} is cut off`);
          }
        };
        await fits(name);
        await screenshot(tab.page, `editing-${name}-${colorScheme}`);
        await within(tab.answers.last(), "message-menu").tap();
        await tab.page.getByRole("menu").waitFor();
        await fits(`${name}, menu`);
        await screenshot(tab.page, `editing-menu-${name}-${colorScheme}`);
        await tab.page.keyboard.press("Escape");
        await within(article(tab, "one"), "edit").tap();
        await editor(tab).waitFor();
        await fits(`${name}, editor`);
        await screenshot(tab.page, `editing-editor-${name}-${colorScheme}`);
        await tab.action("cancel-edit").tap();
        await editor(tab).waitFor({ state: "detached" });
        assertEquals(await textOf(tab.questions.first()), "one");
      }
    }
  });
});
