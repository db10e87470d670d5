// Choosing a model: by mouse, by keyboard and by finger, for a chat, for one message and for one more answer.
import type { Locator } from "playwright-core";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { DESKTOP, NETWORK_DOWN, PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { AppServer } from "../support/server.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** What a finger needs, in pixels. */
const TARGET_PX_MIN = 44;

const search = (tab: ChatPage): Locator => tab.page.getByRole("combobox");
const option = (tab: ChatPage, model: string): Locator => tab.page.locator(`[data-model="${model}"]`);
/** Resolves when Enter would take this model. */
const points = (tab: ChatPage, at: string): Promise<void> =>
  tab.page.locator(`[role="option"][data-active="true"]${at}`).waitFor();
const chosen = (tab: ChatPage): Promise<string> => tab.action("model").innerText();

Deno.test("P2: a model is found and chosen by keyboard while an answer runs, and stays chosen over a reload and elsewhere", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    await tab.send("Take your time");
    const call = await fake.next();
    await call.send("Well,");
    await tab.textThat((text) => text === "Well,");

    await tab.action("model").focus();
    await tab.page.keyboard.press("Enter");
    await search(tab).waitFor();
    await points(tab, `[data-model="${MODELS.chat}"]`);
    await tab.page.keyboard.type("luna");
    await points(tab, `[data-model="${MODELS.responses}"]`);
    await search(tab).fill("claude");
    await option(tab, MODELS.responses).waitFor({ state: "detached" });
    await tab.page.keyboard.press("End");
    await points(tab, ":last-child");
    await tab.page.keyboard.press("Home");
    await points(tab, ":nth-child(2)"); // after the provider's name
    await tab.page.keyboard.press("ArrowUp");
    await points(tab, ":last-child"); // it goes around
    await tab.page.keyboard.press("ArrowDown");
    await tab.page.keyboard.press("ArrowDown");
    await points(tab, ":nth-child(3)");
    await search(tab).fill("haiku 5.5");
    await points(tab, `[data-model="${MODELS.messages}"]`);
    await screenshot(tab.page, "picker");
    await tab.page.keyboard.press("Enter");
    await search(tab).waitFor({ state: "detached" });
    assertStringIncludes(await chosen(tab), "Claude Haiku 5.5");
    assertEquals(await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")), "model");
    await other.action("model").filter({ hasText: "Claude Haiku 5.5" }).waitFor();

    await tab.page.reload();
    await tab.live();
    assertStringIncludes(await chosen(tab), "Claude Haiku 5.5");
    await call.send(" here.");
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), "Well, here.");
    assertStringIncludes(await chosen(tab), "Claude Haiku 5.5", "the end of the answer changes nothing");
    await tab.send("And you?");
    const next = await fake.next();
    assertEquals(next.api, "messages");
    await next.send("Me too.");
    await next.end();
    assertEquals((await api.read(conversation.id)).conversation.model, MODELS.messages);
  });
});

Deno.test("P2: a model for the next message alone is a chip above the box; it is sent with that message and no other", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const chip = tab.page.locator("[data-once]");
    const choose = async (model: string) => {
      await tab.action("model").click();
      await tab.action("once").check();
      await option(tab, model).click();
      await search(tab).waitFor({ state: "detached" });
    };
    await choose(MODELS.messages);
    assertStringIncludes(await chip.innerText(), "Claude Haiku 5.5");
    assertStringIncludes(await chosen(tab), "fake-small");
    await tab.page.reload();
    await tab.live();
    await chip.waitFor();
    await tab.send("one");
    await tab.answerWith("complete");
    await chip.waitFor({ state: "detached" });
    await choose(MODELS.responses);
    await tab.action("not-once").click();
    await chip.waitFor({ state: "detached" });
    await tab.send("two");
    await tab.answers.nth(1).and(tab.page.locator('[data-status="complete"]')).waitFor();
    assertEquals(fake.exchanges.map((call) => call.api), ["messages", "chat"]);
    assertEquals((await api.read(conversation.id)).conversation.model, MODELS.chat);
  });
});

Deno.test("T12: an answer is given again by another model, beside the first, and the chat keeps its own", async () => {
  await using both = await startWithProvider({
    auto: (call) => call.play({ tokens: [`I am ${call.api}.`] }),
  });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Who are you?");
    assertEquals(await textOf(await tab.answerWith("complete")), "I am chat.");
    await tab.answers.last().locator('[data-action="message-menu"]').press("Enter");
    await tab.action("regenerate-with").press("Enter");
    assertEquals(await tab.action("once").count(), 0, "it is for this answer anyway");
    await search(tab).fill("luna");
    await tab.page.keyboard.press("Enter");
    await tab.textThat((text) => text === "I am responses.");
    await tab.answerWith("complete");
    assertEquals(await tab.page.locator("[data-versions]").innerText(), "2/2");
    assertStringIncludes(await tab.answers.locator("footer").innerText(), "GPT-6 Luna");
    await tab.action("version-back").click();
    await tab.textThat((text) => text === "I am chat.");
    assertStringIncludes(await chosen(tab), "fake-small");
  });
});

Deno.test("P2: a model that cannot be used is listed with the reason, and neither a click nor Enter takes it", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const tab = await ChatPage.open(await browser.context(), server.url);
    await tab.action("model").click();
    await search(tab).fill("sonnet 5.5");
    const sonnet = option(tab, "anthropic/claude-sonnet-5-5");
    assertEquals(await sonnet.getAttribute("aria-disabled"), "true");
    assertStringIncludes(await sonnet.innerText(), "ANTHROPIC_API_KEY");
    await sonnet.click({ force: true });
    await tab.page.keyboard.press("Enter");
    assert(await search(tab).isVisible());
    await search(tab).fill("nothing of that name");
    await tab.page.getByText("No model matches").waitFor();
    await tab.page.keyboard.press("Enter");
    await tab.page.keyboard.press("Escape");
    await search(tab).waitFor({ state: "detached" });
    assertStringIncludes(await chosen(tab), "Demo tour");
    assertEquals(await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")), "model");
  });
});

Deno.test("B1: on a phone the list comes up from below, its rows are for fingers, and no keyboard covers it", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const context = await browser.context({ viewport: PHONE, touch: true });
    const tab = await ChatPage.open(context, server.url);
    await tab.action("model").tap();
    const list = tab.page.locator(".chooser");
    await list.waitFor();
    assertEquals(await tab.page.evaluate(() => document.activeElement?.role), "listbox");
    const box = (await list.boundingBox())!;
    assert(box.y + box.height >= PHONE.height - 1 && box.width >= PHONE.width - 1, JSON.stringify(box));
    for (
      const target of await tab.page.locator('.chooser [role="option"], .chooser button, .chooser label')
        .all()
    ) {
      const { height } = (await target.boundingBox())!;
      assert(height >= TARGET_PX_MIN, `${await target.innerText()} is ${height} px high`);
    }
    assert(await tab.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assertEquals(await list.evaluate((el) => [el.scrollTop, el.scrollHeight - el.clientHeight]), [0, 0]);
    await option(tab, "demo/tour").tap();
    await list.waitFor({ state: "detached" });
  });
});

Deno.test("the list and what it needs are loaded when somebody reaches for them, not before", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const context = await browser.context({ viewport: DESKTOP });
    const page = await context.newPage();
    const scripts: string[] = [];
    page.on("request", (request) => request.resourceType() === "script" && scripts.push(request.url()));
    await page.goto(server.url);
    await page.locator('body[data-connection="live"]').waitFor();
    const named = (name: string) => scripts.filter((url) => url.includes(name)).length;
    assertEquals([named("ModelChooser"), named("SettingsDialog")], [0, 0]);
    await page.locator('[data-action="model"]').click();
    await page.locator(".chooser").waitFor();
    assertEquals([named("ModelChooser"), named("SettingsDialog")], [1, 0]);
  });
});

Deno.test("a part that cannot be loaded says so, and the page goes on without it", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    const tab = await ChatPage.open(await browser.context(), server.url);
    await tab.page.route("**/ModelChooser*", (route) => route.abort());
    await tab.action("model").click();
    await tab.page.locator(".toast", { hasText: "That part of the page could not be loaded." }).waitFor();
    assertEquals(await tab.action("model").getAttribute("aria-expanded"), "false");
    await tab.send("count to 3");
    assertEquals(await textOf(await tab.answerWith("complete")), "1 2 3");
  });
});
