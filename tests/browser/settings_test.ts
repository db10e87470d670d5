// How a chat is asked: set by keyboard, kept through failures and reloads, seen in other tabs.
import type { Locator } from "playwright-core";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const TARGET_PX_MIN = 44;

const setting = (tab: ChatPage, name: string): Locator => tab.page.locator(`[data-setting="${name}"]`);
const effort = (tab: ChatPage, value: string): Locator =>
  tab.page.locator(`[data-setting="effort"][value="${value}"]`);

async function open(tab: ChatPage): Promise<void> {
  await tab.action("settings").press("Enter");
  await setting(tab, "system-prompt").waitFor();
}
const closed = (tab: ChatPage) => tab.page.locator(".settings").waitFor({ state: "detached" });

Deno.test("P4: everything about a chat is set by keyboard, kept by the server, and shown in another tab", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await open(tab);
    await open(other);
    const { keyboard } = tab.page;
    await setting(tab, "system-prompt").focus();
    await keyboard.type("You are a patient teacher.");
    await keyboard.press("Tab");
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft"); // from 1, where the thumb stands while nothing is set
    await effort(tab, "").focus();
    await keyboard.press("ArrowRight");
    await effort(tab, "none").and(tab.page.locator(":checked")).waitFor();
    await keyboard.press("ArrowRight");
    await keyboard.press("ArrowRight");
    await setting(tab, "output").focus();
    await keyboard.type("500");
    await setting(tab, "stop").focus();
    await keyboard.type("END");
    await keyboard.press("Enter");
    await tab.page.locator(".chip code", { hasText: "END" }).waitFor();
    await keyboard.type("\\n\\n");
    await keyboard.press("Enter");
    await tab.page.locator(".chip code", { hasText: "\\n\\n" }).waitFor();

    // The server's order first, then one of its own, changed without a mouse.
    assertStringIncludes(await tab.page.locator(".radios").innerText(), "Claude Sonnet 5.5");
    await setting(tab, "fallbacks-own").check();
    await setting(tab, "fallback-add").selectOption(MODELS.responses);
    const rows = tab.page.locator("[data-fallback]");
    const order = () => rows.evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset.fallback));
    const before = await order();
    await rows.last().locator('[data-action="up"]').press("Enter");
    await tab.page.waitForFunction((last) => {
      const all = [...document.querySelectorAll<HTMLElement>("[data-fallback]")];
      return all.at(-2)?.dataset.fallback === last && document.activeElement?.closest("li") === all.at(-2);
    }, MODELS.responses);
    await rows.first().locator('[data-action="drop"]').press("Enter");
    const wanted = [...before.slice(1, -2), before.at(-1), before.at(-2)];
    await tab.page.waitForFunction(
      (count) => document.querySelectorAll("[data-fallback]").length === count,
      wanted.length,
    );
    assertEquals(await order(), wanted);
    await screenshot(tab.page, "settings");

    await setting(tab, "system-prompt").focus();
    await tab.action("save-settings").press("Enter");
    await closed(tab);
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "settings",
    );
    const { systemPrompt, params, fallbacks } = (await api.read(conversation.id)).conversation;
    assertEquals(systemPrompt, "You are a patient teacher.");
    assertEquals(params, { temperature: 0.8, effort: "low", outputTokensMax: 500, stop: ["END", "\n\n"] });
    assertEquals(fallbacks, wanted as string[]);

    // The other tab's dialog was open all the time.
    await other.page.locator(".chip code", { hasText: "END" }).waitFor();
    assertEquals(await setting(other, "system-prompt").inputValue(), systemPrompt);
    assertEquals(await setting(other, "output").inputValue(), "500");
    await tab.page.reload();
    await tab.live();
    await open(tab);
    assertEquals(await setting(tab, "temperature").inputValue(), "0.8");
    await tab.page.getByRole("button", { name: "Leave it to the model: temperature" }).press("Enter");
    await setting(tab, "fallbacks-server").check();
    await tab.action("save-settings").click();
    await closed(tab);
    const after = (await api.read(conversation.id)).conversation;
    assertEquals([after.params?.temperature, after.fallbacks], [undefined, undefined]);
  });
});

Deno.test("P4: what could not be saved says why, and no word of it is lost, whatever closes the dialog", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 400/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const path = `**/api/conversations/${conversation.id}`;
    await tab.page.route(path, (route) =>
      route.fulfill({
        status: 400,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "about:blank",
          title: "The request is not valid",
          status: 400,
          detail: "It is too clever.",
          code: "invalid",
          requestId: "7f2c0000-0000-4000-8000-00000000beef",
        }),
      }));
    await open(tab);
    await setting(tab, "system-prompt").fill("Many careful words");
    await tab.action("save-settings").click();
    const note = tab.page.locator(".settings .error-note");
    assertStringIncludes(await note.innerText(), "It is too clever.");
    assertStringIncludes(await note.innerText(), "7f2c0000");
    await tab.page.keyboard.press("Escape");
    await closed(tab);
    assertEquals(await tab.action("settings").getAttribute("data-unsaved"), "true");
    await open(tab);
    assertEquals(await setting(tab, "system-prompt").inputValue(), "Many careful words");
    await tab.page.unroute(path);
    await tab.action("save-settings").click();
    await closed(tab);
    assertEquals((await api.read(conversation.id)).conversation.systemPrompt, "Many careful words");
    assertEquals(await tab.action("settings").getAttribute("data-unsaved"), "false");
  });
});

Deno.test("P4: settings before the first message survive a reload and go along with it", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, server.url);
    await open(tab);
    await setting(tab, "system-prompt").fill("You are a poet.");
    await effort(tab, "high").check();
    await tab.action("save-settings").click();
    await closed(tab);
    await tab.action("model").click();
    await tab.page.locator(`[data-model="${MODELS.messages}"]`).click();
    assertEquals((await api.list()).conversations, []);
    await tab.page.reload();
    await tab.live();
    await tab.action("model").filter({ hasText: "Claude Haiku 5.5" }).waitFor();
    await tab.send("Hello");
    await tab.answerWith("complete");
    const [listed] = (await api.list()).conversations;
    const made = (await api.read(listed!.id)).conversation;
    assertEquals([made.systemPrompt, made.params, made.model], [
      "You are a poet.",
      { effort: "high" },
      MODELS.messages,
    ]);
    assertStringIncludes(JSON.stringify(fake.exchanges[0]?.body), "You are a poet.");

    // The next new chat is as new.
    await tab.action("new-chat").first().click();
    await tab.page.waitForURL(`${server.url}/`);
    await open(tab);
    assertEquals(await setting(tab, "system-prompt").inputValue(), "");
  });
});

Deno.test("B1: on a phone the settings fill the screen from below; what can be pressed is as large as a finger", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context({ viewport: PHONE, touch: true }), server.url);
    await tab.action("settings").tap();
    await setting(tab, "system-prompt").waitFor();
    await setting(tab, "fallbacks-own").check();
    const small = await tab.page.locator(".settings").evaluate((dialog, min) => {
      const found: string[] = [];
      for (const control of dialog.querySelectorAll("button, textarea, select, input, label.check")) {
        // A radio or checkbox is pressed by its label.
        const target = control.closest("label") ?? control;
        const { width, height } = target.getBoundingClientRect();
        if (width < min || height < min) {
          found.push(`${control.outerHTML.slice(0, 80)}: ${width} by ${height}`);
        }
      }
      return found;
    }, TARGET_PX_MIN);
    assertEquals(small, []);
    const wide = await tab.page.locator(".settings .scroll").evaluate((el) =>
      el.scrollWidth - el.clientWidth
    );
    assert(wide <= 0, `${wide} px too wide`);
    assert(await tab.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await screenshot(tab.page, "settings-phone");
  });
});

Deno.test("K1: the tabs of the settings are walked by arrows, and every control has a name", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context(), server.url);
    await open(tab);
    const shown = () => tab.page.getByRole("tab", { selected: true }).innerText();
    await tab.page.getByRole("tab", { selected: true }).focus();
    for (const name of ["All chats", "This device", "Data", "Usage", "This chat"]) {
      await tab.page.keyboard.press("ArrowRight");
      await tab.page.getByRole("tab", { name, selected: true }).waitFor();
      assertEquals(await tab.page.evaluate(() => document.activeElement?.textContent), name);
    }
    assertEquals(await shown(), "This chat");
    const nameless = await tab.page.locator(".settings").evaluate((dialog) =>
      [...dialog.querySelectorAll("button, textarea, select, input")].filter((control) => {
        const labelled = control as HTMLInputElement;
        const label = labelled.labels?.[0]?.textContent ?? "";
        return `${label}${control.textContent}${control.getAttribute("aria-label") ?? ""}`.trim() === "";
      }).map((control) => control.outerHTML)
    );
    assertEquals(nameless, []);
  });
});
