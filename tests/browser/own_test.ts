// What is this person's own: what they think of answers, want in all chats, keep as presets and have used.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("R15: an answer is rated by keyboard, with a reason for those who have one; other tabs see it; a second press takes it back", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    const pressed = (at: ChatPage, thumb: string, is: boolean) =>
      at.page.locator(`[data-action="rate-${thumb}"][aria-pressed="${is}"]`).waitFor();
    const stored = async () => (await api.read(conversation.id)).messages[1];
    await tab.send("Is it?");
    await tab.answerWith("complete");
    await tab.action("rate-down").press("Enter");
    await pressed(tab, "down", true);
    await pressed(other, "down", true);
    await tab.page.locator('[data-announcer="status"]', { hasText: "Rated as bad." }).waitFor({
      state: "attached",
    });

    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.type("It says nothing.");
    await tab.action("reason").press("Enter");
    await tab.action("reason").waitFor({ state: "detached" });
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "rate-down",
    );
    assertEquals([(await stored())?.rating, (await stored())?.ratingReason], ["down", "It says nothing."]);

    await tab.page.reload();
    await tab.live();
    await pressed(tab, "down", true);
    await tab.action("rate-up").press("Enter");
    await pressed(other, "up", true);
    await pressed(other, "down", false);
    await tab.action("rate-up").press("Enter");
    await pressed(other, "up", false);
    assertEquals((await stored())?.rating, undefined);
  });
});

Deno.test("R15: a rating that cannot be saved is taken back and explained", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 500/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Is it?");
    await tab.answerWith("complete");
    await tab.page.route("**/rating", (route) => route.fulfill({ status: 500, body: "" }));
    await tab.action("rate-up").click();
    await tab.page.locator(".toast", { hasText: "The rating could not be saved." }).waitFor();
    assertEquals(await tab.action("rate-up").getAttribute("aria-pressed"), "false");
    assertEquals(await tab.action("reason").count(), 0);
  });
});

Deno.test("X6, P4: instructions for all chats and a preset are saved once, are there in every tab and chat, and go to the model", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const other = await ChatPage.open(context, server.url);
    const setting = (at: ChatPage, name: string) => at.page.locator(`[data-setting="${name}"]`);
    const closed = (at: ChatPage) => at.page.locator(".settings").waitFor({ state: "detached" });

    await tab.action("settings").click();
    await tab.page.getByRole("tab", { name: "All chats" }).click();
    await setting(tab, "instructions").fill("I live in Lisbon.");
    await tab.action("save-instructions").click();
    await closed(tab);
    await tab.action("settings").click();
    await setting(tab, "system-prompt").fill("You are a poet.");
    await tab.action("new-preset").click();
    await setting(tab, "preset-name").fill("Poet");
    await setting(tab, "preset-name").press("Enter");
    await tab.page.locator('[data-preset="Poet"]').waitFor();
    await tab.action("discard-settings").click();
    assertEquals(await setting(tab, "system-prompt").inputValue(), "");
    await tab.page.keyboard.press("Escape");

    await other.action("settings").click();
    await other.page.locator('[data-preset="Poet"]').waitFor();
    await other.action("use-preset").click();
    assertEquals(await setting(other, "system-prompt").inputValue(), "You are a poet.");
    await other.action("save-settings").click();
    await closed(other);
    await other.send("Hello");
    await other.answerWith("complete");
    const asked = JSON.stringify(fake.exchanges.at(-1)?.body);
    assertStringIncludes(asked, "I live in Lisbon.");
    assertStringIncludes(asked, "You are a poet.");

    await other.action("settings").click();
    await other.action("delete-preset").click();
    await other.page.locator('[data-preset="Poet"]').waitFor({ state: "detached" });
    await other.page.getByRole("tab", { name: "All chats" }).click();
    assertEquals(await setting(other, "instructions").inputValue(), "I live in Lisbon.");
  });
});

Deno.test("M13: an old answer still tells the system prompt that it was asked with, and no message or title has it", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat, systemPrompt: "You are the first prompt." });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("one");
    await tab.answerWith("complete");
    await api.patch(conversation.id, { systemPrompt: "You are the second prompt." });
    await tab.send("two");
    await tab.answers.nth(1).and(tab.page.locator('[data-status="complete"]')).waitFor();
    for (const [at, words] of ["You are the first prompt.", "You are the second prompt."].entries()) {
      const answer = tab.answers.nth(at);
      await answer.locator('[data-action="facts"]').press("Enter");
      await answer.locator('[data-action="prompt"]').press("Enter");
      await answer.locator(".prompt").waitFor();
      assertEquals(await answer.locator(".prompt").innerText(), words);
    }
    assert(!(await tab.page.locator("[data-text]").allInnerTexts()).some((text) => text.includes("prompt")));
  });
});

Deno.test("U4, U3: what was used in the last days is the sum of the answers, and the gauge says what the chat has cost", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.responses });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    for (const output of [100_000, 140_000]) {
      await tab.send("Write");
      const call = await fake.next();
      call.usage({ fresh: 50_000, output });
      await call.send("Written.");
      await call.end();
      await tab.page.locator(`article[data-status="complete"] [data-fact="output"]`, {
        hasText: `${output / 1_000},000 out`,
      }).waitFor();
    }
    // 100,000 in at $0.10 and 240,000 out at $0.50, each for a million.
    await tab.action("context").click();
    await tab.page.locator("[data-spent]", { hasText: "$0.13" }).waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.action("settings").click();
    await tab.page.getByRole("tab", { name: "Usage" }).click();
    await tab.page.locator("[data-usage-total]").waitFor();
    assertEquals(await tab.page.locator("[data-usage-total]").innerText(), "$0.13");
    assertMatch(
      await tab.page.locator(`[data-usage="${MODELS.responses}"]`).innerText(),
      /GPT-6 Luna\s+2\s+100,000\s+240,000\s+\$0\.13/,
    );
  });
});
