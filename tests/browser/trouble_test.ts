// Waiting and failing, where a person sees it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { FAKE_KEY, MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** 50 ms is the aim; a busy machine needs room. What must not happen is that it waits for the server's answer. */
const OPTIMISTIC_MS_MAX = 10_000;

Deno.test("a message is on the page before the server has answered, and then a thinking state", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const held = Promise.withResolvers<void>();
    await tab.page.route("**/messages", async (route) => {
      await held.promise;
      await route.continue();
    });
    const before = performance.now();
    await tab.send("Are you there?");
    await tab.questions.getByText("Are you there?").waitFor();
    await tab.page.locator('[data-state="thinking"]').waitFor();
    const shownAfterMs = performance.now() - before;
    console.log(`typed, sent and shown with the POST held back: ${shownAfterMs.toFixed(0)} ms`);
    assert(shownAfterMs < OPTIMISTIC_MS_MAX, `it took ${shownAfterMs} ms`);
    assertEquals(fake.exchanges.length, 0);
    held.resolve();

    const call = await fake.next();
    await tab.page.locator('article[data-status="streaming"] [data-state="thinking"]').waitFor();
    await screenshot(tab.page, "thinking");
    await call.send("Yes.");
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), "Yes.");
    assertEquals(await tab.questions.count(), 1, "the optimistic message became the real one");
  });
});

Deno.test("a wrong key fails the answer with the variable to fix and a request id; Retry answers it", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat, fallbacks: [] });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Hello");
    await (await fake.next()).refuse(401, "invalid_api_key", `Incorrect API key provided: ${FAKE_KEY}`);
    const failed = await tab.answerWith("failed");
    await screenshot(tab.page, "failed");
    const said = await failed.textContent() ?? "";
    assertStringIncludes(said, "COMPATIBLE_API_KEY");
    assertMatch(said, /[0-9a-f]{8}-[0-9a-f-]{27}/);
    assert(!(await tab.page.content()).includes(FAKE_KEY), "the key is on the page");

    await failed.locator('[data-action="retry"]').click();
    const call = await fake.next();
    await call.send("Hello to you.");
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), "Hello to you.");
    await tab.page.reload();
    assertEquals(await textOf(await tab.answerWith("complete")), "Hello to you.");
  });
});

Deno.test("a send that the server refuses keeps its text and its Retry", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Got it."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 500/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const problem = {
      type: "about:blank",
      title: "Something broke on our side",
      status: 500,
      detail: "It broke.",
      code: "internal",
      requestId: "7f2c0000-0000-4000-8000-00000000beef",
    };
    await tab.page.route(
      "**/messages",
      (route) =>
        route.fulfill({
          status: 500,
          contentType: "application/problem+json",
          body: JSON.stringify(problem),
        }),
    );
    await tab.send("Do not lose me");
    const bubble = tab.page.locator('article[data-role="user"][data-status="failed"]');
    await bubble.waitFor();
    assertStringIncludes(await bubble.textContent() ?? "", "Do not lose me");
    assertStringIncludes(await bubble.textContent() ?? "", problem.requestId);

    await tab.page.unroute("**/messages");
    await bubble.locator('[data-action="retry"]').click();
    assertEquals(await textOf(await tab.answerWith("complete")), "Got it.");
    assertEquals(await tab.questions.count(), 1);
  });
});

Deno.test("a draft survives a reload, and Enter in a composition does not send", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.composer.fill("half a thought");
    await tab.page.reload();
    await tab.live();
    assertEquals(await tab.composer.inputValue(), "half a thought");
    await tab.composer.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
    assertEquals(await tab.composer.inputValue(), "half a thought");
    await tab.composer.press("Enter");
    await tab.answerWith("complete");
    assertEquals(await tab.composer.inputValue(), "");
    assertEquals(fake.exchanges.length, 1);
  });
});
