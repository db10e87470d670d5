// What an answer took and cost, and how full the model's window is: as the provider counted it, or said to be about.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const fact = async (tab: ChatPage, name: string): Promise<string> =>
  (await tab.answers.last().locator(`summary [data-fact="${name}"]`).innerText()).trim();

Deno.test("U1, U2: an answer's figures are the provider's own; opened by keyboard, they are all there", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.messages, params: { temperature: 0.5 } });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Hello");
    const call = await fake.next();
    call.usage({ fresh: 1_000, cached: 234, output: 2_000, reasoning: 345 });
    await call.send("Hello to you.");
    await call.end();
    await tab.answerWith("complete");
    const { costMicroUsd, timings } = (await api.read(conversation.id)).messages[1]!;
    assertEquals([await fact(tab, "model"), await fact(tab, "input"), await fact(tab, "output")], [
      "Claude Haiku 5.5",
      "1,234 in",
      "2,000 out",
    ]);
    // 1,000 at $0.10, 234 cached at $0.01, 2,000 at $0.50, each for a million.
    assertEquals([costMicroUsd, await fact(tab, "cost")], [1_102, "$0.0011"]);
    assertEquals(await fact(tab, "first"), `${(timings!.firstTokenMs! / 1000).toFixed(1)} s to first token`);
    assertEquals(await fact(tab, "time"), `${(timings!.totalMs / 1000).toFixed(1)} s`);

    await tab.action("facts").press("Enter");
    const details = tab.page.locator(".details");
    await details.waitFor();
    const said = await details.innerText();
    for (const part of ["234 of them cached", "345 of them thoughts", "$0.001102", MODELS.messages]) {
      assertStringIncludes(said, part);
    }
    await tab.action("facts").press("Enter");
    await details.waitFor({ state: "detached" });

    await tab.page.reload();
    await tab.live();
    assertEquals(await fact(tab, "input"), "1,234 in");
  });
});

Deno.test("U1: a model of unknown price shows a dash, and the demo is free", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    for (const [model, cost] of [[MODELS.chat, "—"], ["demo/tour", "free"]] as const) {
      const { id } = await api.create({ model });
      const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
      await tab.send("count to 3");
      await tab.answerWith("complete");
      assertEquals(await fact(tab, "cost"), cost);
      await tab.page.close();
    }
  });
});

Deno.test("U2: while an answer comes its figures are about, change twice a second at most, and leave its text alone", async () => {
  await using both = await startWithProvider({ auto: { tokens: 150, tokensPerSecond: 50 } });
  const { server } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.responses });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    await tab.send("Count");
    await tab.page.locator("[data-live]").waitFor();
    await tab.page.evaluate(() => {
      const live = document.querySelector("[data-live]")!;
      const output = live.querySelector('[data-fact="output"]')!;
      const seen = { changes: 0, last: "", sinceMs: performance.now(), forMs: 0, paragraph: true };
      const paragraph = document.querySelector('[data-role="assistant"] [data-text] p');
      new MutationObserver(() => {
        seen.changes += 1;
        seen.last = output.textContent ?? "";
        seen.forMs = performance.now() - seen.sinceMs;
        seen.paragraph = document.querySelector('[data-role="assistant"] [data-text] p') === paragraph;
      }).observe(output, { characterData: true, childList: true, subtree: true });
      Object.assign(globalThis, { seen });
    });
    await tab.answerWith("complete");
    const seen = await tab.page.evaluate(() => Reflect.get(globalThis, "seen")) as {
      changes: number;
      last: string;
      forMs: number;
      paragraph: boolean;
    };
    assert(seen.changes >= 2, `it changed ${seen.changes} times`);
    assert(seen.changes <= Math.ceil(seen.forMs / 500) + 1, `${seen.changes} changes in ${seen.forMs} ms`);
    assert(seen.last.startsWith("≈ "), seen.last);
    assert(seen.paragraph, "the paragraph is the same node as before");
    assertEquals(await fact(tab, "output"), "150 out");
    assertEquals(await tab.page.locator("[data-live]").count(), 0);
  });
});

Deno.test("X4, U3: the gauge is exact after an answer, about with a draft, and follows the chosen model", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "anthropic/claude-haiku-4-5" });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const gauge = tab.page.locator(".gauge");
    const shows = (text: string) =>
      tab.page.waitForFunction(
        (text) => document.querySelector("[data-context]")?.textContent === text,
        text,
      );
    assertEquals(await gauge.count(), 0, "of nothing there is nothing to say");
    await tab.send("Hello");
    const call = await fake.next();
    call.usage({ fresh: 158_000, output: 1_000 });
    await call.send("Hello to you.");
    await call.end();
    await tab.answerWith("complete");
    await shows("79 %"); // of 200,000
    await gauge.and(tab.page.locator('[data-tone="calm"]')).waitFor();

    await tab.composer.fill("A long question, with many words in it. ".repeat(150));
    await shows("≈ 80 %");
    await gauge.and(tab.page.locator('[data-tone="nearly"]')).waitFor();
    // Where nothing more can be loaded, all of the gauge is there.
    await context.route("**/*.js", (route) => route.abort());
    assertStringIncludes(await gauge.innerText(), "nearly full");
    await tab.action("context").press("Enter");
    const figures = tab.page.locator(".gauge-figures");
    for (const part of ["159,000 tokens", "200,000 tokens", "≈ $0.16"]) {
      assertStringIncludes(await figures.innerText(), part);
    }
    // What becomes of it is the server's to say.
    await figures.locator("[data-overflow]", { hasText: /^The first|^All of it/ }).waitFor();
    const said = await (await api.request("GET", `/api/conversations/${conversation.id}/context`)).json();
    assertEquals(
      (await figures.locator("[data-overflow]").innerText()).startsWith("All"),
      said.omitted === 0,
    );
    await tab.page.keyboard.press("Escape");
    await figures.waitFor({ state: "hidden" });
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "context",
    );
    // A mouse opens it too, and a press elsewhere closes it.
    await tab.action("context").click();
    assertStringIncludes(await figures.innerText(), "159,000 tokens");
    await tab.composer.click();
    await figures.waitFor({ state: "hidden" });
    await context.unroute("**/*.js");

    await tab.composer.fill("");
    await tab.action("model").click();
    await tab.page.locator(`[data-model="${MODELS.responses}"]`).click();
    await shows("≈ 15 %"); // of 1,050,000, and nothing was counted for this model
    await tab.page.reload();
    await tab.live();
    await shows("≈ 15 %");
  });
});

Deno.test("R10: thoughts are shown as they come, close when the answer begins, and are never copied with it", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.messages });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Think");
    const call = await fake.next();
    await call.reason("They want me to think.");
    const thoughts = tab.page.locator(".reasoning");
    await thoughts.getByText("They want me to think.").waitFor({ state: "visible" });
    assertEquals(await thoughts.locator("summary").innerText(), "Thinking…");
    await call.send("I did.");
    await thoughts.getByText("They want me to think.").waitFor({ state: "hidden" });
    assert(/^Thought for \d+ s$/.test(await thoughts.locator("summary").innerText()));
    await thoughts.locator("summary").press("Enter");
    await thoughts.getByText("They want me to think.").waitFor({ state: "visible" });
    await call.send(" Twice.");
    await tab.textThat((text) => text.includes("Twice."));
    assert(await thoughts.getByText("They want me to think.").isVisible(), "what a person opened stays open");
    await call.end();
    await tab.answerWith("complete");
    await tab.answers.last().locator('[data-action="copy"]').click();
    await tab.answers.last().locator('[data-action="copy"][title="Copied"]').waitFor();
    assertEquals(await tab.page.evaluate(() => navigator.clipboard.readText()), "I did. Twice.");
    await tab.page.reload();
    await tab.live();
    assertEquals(await thoughts.locator("summary").innerText(), "Thoughts");
    assert(!await thoughts.getByText("They want me to think.").isVisible());
  });
});
