// A provider in trouble, as a person sees it: a wait that can be stopped, another model, and what both leave behind.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("P6: a provider that asks for patience is waited for in view, and its answer comes once", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat, fallbacks: [] });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const wait = tab.page.locator('[data-state="waiting"]');
    await tab.send("Hello?");
    await (await fake.next()).refuse(429, "rate_limit_error", "Too many requests", { "retry-after": "2" });
    await wait.waitFor();
    assert(/Trying again (in \d+ s|now) \(2 of \d+\)/.test(await wait.innerText()), await wait.innerText());
    const call = await fake.next();
    await call.send("Hello to you.");
    await wait.waitFor({ state: "detached" });
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), "Hello to you.");

    // Stop does not wait for the wait to end.
    await tab.send("And now?");
    await (await fake.next()).refuse(429, "rate_limit_error", "Too many requests", { "retry-after": "50" });
    await wait.waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.answerWith("cancelled");
    assertEquals(await wait.count(), 0);
    assertEquals(fake.exchanges.length, 3);
  });
});

Deno.test("P7: when a model cannot answer the next one does, and the answer says which and why, also after a reload", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat, fallbacks: [MODELS.messages] });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Hello?");
    await (await fake.next()).refuse(401, "invalid_api_key", "Incorrect API key provided");
    const call = await fake.next();
    assertEquals(call.api, "messages");
    await call.send("Hello to you.");
    const words = "Answered by Claude Haiku 5.5, since fake-small refused the key";
    await tab.page.locator("[data-fallback]", { hasText: words }).waitFor();
    await call.end();
    const answer = await tab.answerWith("complete");
    assertStringIncludes(await answer.locator("footer").innerText(), "Claude Haiku 5.5");
    await tab.page.reload();
    await tab.live();
    assertStringIncludes(await tab.page.locator("[data-fallback]").innerText(), words);
  });
});

Deno.test("T7: an answer that fails in the middle keeps its words and names both requests", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.messages, fallbacks: [] });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Tell me");
    const call = await fake.next();
    for (let i = 1; i <= 300; i++) await call.send(i === 1 ? "1" : ` ${i}`);
    await call.error("invalid_request_error", "That cannot go on");
    const failed = await tab.answerWith("failed");
    await tab.page.reload();
    await tab.live();
    assertStringIncludes(await textOf(failed), "299 300");
    const note = await failed.locator(".error-note").innerText();
    for (const part of ["rejected the request", "Request", "req_fake", "Retry", "Continue"]) {
      assertStringIncludes(note, part);
    }
  });
});

Deno.test("T11: an answer that was cut off at its length goes on in its own message, and no word stands twice", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Tell me a story.");
    const first = await fake.next();
    await first.send("Once upon a time there was a king who ");
    await first.end("length");
    await tab.answerWith("complete");
    await tab.action("continue").click();
    const second = await fake.next();
    assertStringIncludes(JSON.stringify(second.body), "there was a king who");
    await second.send("there was a king who ");
    await second.send("slept.");
    await second.end();
    const answer = await tab.answerWith("complete");
    await answer.getByText("slept.").waitFor();
    assertEquals(await textOf(answer), "Once upon a time there was a king who slept.");
    assertEquals(await tab.answers.count(), 1);
    await tab.page.reload();
    assertEquals(
      await textOf(await tab.answerWith("complete")),
      "Once upon a time there was a king who slept.",
    );
  });
});
