// Somebody comes for the first time: no cookie, no conversation, no key.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { AppServer } from "../support/server.ts";

Deno.test("a first visit needs nothing but a question, and the conversation is there on the next visit", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "50" } });
  await withBrowser(async (browser) => {
    const context = await browser.context();
    const tab = await ChatPage.open(context, server.url);
    await tab.send("count to 100");
    await tab.textThat((text) => countedIn(text) >= 10);
    await tab.page.waitForURL(/\/c\/[0-9a-f-]{36}$/);
    await screenshot(tab.page, "first-visit");

    // Enter while an answer runs queues the next question, visibly, and it gets its turn.
    await tab.send("count to 7");
    await tab.page.locator("[data-queued]").getByText("count to 7").waitFor();
    await tab.textThat((text) => text === countTo(7));
    assertEquals(await textOf(tab.answers.first()), countTo(100));
    assertEquals(await tab.page.locator("[data-queued]").count(), 0);

    const address = tab.page.url();
    await tab.action("new-chat").first().click();
    await tab.page.waitForURL(`${server.url}/`);
    assertEquals(await tab.answers.count(), 0);
    await tab.page.close();

    const again = await ChatPage.open(context, server.url);
    await again.page.locator(".conversation a").first().click();
    await again.page.waitForURL(address);
    assertEquals(await textOf(await again.answerWith("complete")), countTo(7));
    await again.page.goBack();
    assertEquals(await again.answers.count(), 0);
  });
});

Deno.test("P10: another person's conversation is a 404, and says nothing about it", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "1000" } });
  await withBrowser(async (browser) => {
    browser.expect(/status of 404/);
    const owner = await ChatPage.open(await browser.context(), server.url);
    await owner.send("count to 5");
    await owner.answerWith("complete");
    await owner.page.waitForURL(/\/c\//);
    const stranger = await (await browser.context()).newPage();
    const response = await stranger.goto(owner.page.url());
    assertEquals(response?.status(), 404);
    const said = await stranger.locator("body").textContent() ?? "";
    assertStringIncludes(said.toLowerCase(), "not");
    assertMatch(said, /[0-9a-f]{8}-[0-9a-f-]{27}/); // the request's id
    assertEquals(said.includes("count to 5"), false);
  });
});
