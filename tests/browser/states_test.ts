// States of an answer that a person must be able to tell apart: it waits, another model writes it, it was cut off.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Message } from "../../lib/protocol/message.ts";
import { Api } from "../support/api.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { Pen } from "../support/pen.ts";

async function open(app: TestApp, browser: TestBrowser) {
  const api = await Api.session(app.url);
  const { id } = await api.create({ model: "demo/tour" });
  const context = await browser.context({ session: { url: app.url, cookie: api.cookie } });
  const tab = await ChatPage.open(context, `${app.url}/c/${id}`);
  return { api, id, tab, pen: new Pen(app.kv, id) };
}
const done = (answer: Message, change: Partial<Message>): Message => ({
  ...answer,
  status: "complete",
  ...change,
});

Deno.test("P6, T3: a wait for the provider counts down to its next try, is announced once, and ends with the first word", async () => {
  await using app = await startApp();
  await withBrowser(async (browser) => {
    const { tab, pen } = await open(app, browser);
    await tab.page.evaluate(() => {
      const region = document.querySelector('[data-announcer="status"]')!;
      const said: string[] = [];
      new MutationObserver(() => said.push(region.textContent!)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(globalThis, { said });
    });
    const answer = await pen.ask("Hello?");
    await tab.page.locator('[data-state="thinking"]').waitFor();
    const waiting = {
      until: Date.now() + 60_000,
      code: "provider_rate_limit" as const,
      detail: "OpenAI is limiting requests.",
      tried: 1,
      triesMax: 3,
    };
    await pen.put({ ...answer, waiting });
    const countdown = tab.page.locator('[data-state="waiting"]');
    await countdown.waitFor();
    const seconds = async () =>
      Number(/Trying again in (\d+) s \(2 of 3\)/.exec(await countdown.innerText())?.[1]);
    const first = await seconds();
    assert(first > 0 && first <= 60, await countdown.innerText());
    await tab.page.waitForFunction(
      (first) => {
        const said = document.querySelector('[data-state="waiting"]')?.textContent ?? "";
        const left = Number(/in (\d+) s/.exec(said)?.[1]);
        return left < first - 1;
      },
      first,
    );
    await screenshot(tab.page, "waiting");
    const said = await tab.page.evaluate(() => Reflect.get(globalThis, "said") as string[]);
    assertEquals(said, ["OpenAI is limiting requests. Trying again soon, 2 of 3."]);

    await pen.write(answer.id, [{ type: "text", text: "Here I am." }]);
    await countdown.waitFor({ state: "detached" });
    await tab.textThat((text) => text === "Here I am.");
    // Whoever opens the page in the middle of a wait is told as well.
    const late = await pen.ask("And now?", { waiting: { ...waiting, until: Date.now() + 3_600_000 } });
    await tab.page.reload();
    await tab.live();
    assertStringIncludes(
      await countdown.innerText(),
      "Trying again soon",
      "no provider is waited for an hour",
    );
    await pen.put(done(late, { parts: [{ type: "text", text: "Now." }] }));
    await countdown.waitFor({ state: "detached" });
  });
});

Deno.test("P7: another model's answer says so while it comes and after a reload, in words that can be opened by keyboard", async () => {
  await using app = await startApp();
  await withBrowser(async (browser) => {
    const { tab, pen } = await open(app, browser);
    const answer = await pen.ask("Hello?", { model: "openai/gpt-6.1-sol" });
    const fallback = {
      from: "openai/gpt-6.1-sol",
      code: "provider_overloaded" as const,
      detail: "OpenAI answered with status 503.",
    };
    const other = { ...answer, model: "anthropic/claude-sonnet-5-5", fallback };
    await pen.put(other);
    const note = tab.page.locator("[data-fallback]");
    await note.waitFor();
    const words = "Answered by Claude Sonnet 5.5, since GPT-6.1 Sol is overloaded";
    assertStringIncludes(await note.innerText(), words);
    await note.locator("summary").press("Enter");
    await note.getByText("OpenAI answered with status 503.").waitFor({ state: "visible" });
    await pen.put(done(other, { parts: [{ type: "text", text: "Hello." }] }));
    assertEquals(await textOf(await tab.answerWith("complete")), "Hello.");
    await tab.page.reload();
    await tab.live();
    assertStringIncludes(await note.innerText(), words);
  });
});

Deno.test("T7, T11: an answer that was cut off goes on in its own message when asked to, by keyboard, and asks once", async () => {
  await using app = await startApp();
  await withBrowser(async (browser) => {
    const { id, tab, pen } = await open(app, browser);
    const answer = await pen.ask("Count");
    const half = { parts: [{ type: "text" as const, text: "1 2 3" }], stopReason: "length" as const };
    await pen.put(done(answer, half));
    const asked: unknown[] = [];
    await tab.page.route(`**/api/conversations/${id}/continue`, async (route) => {
      asked.push(route.request().postDataJSON());
      await pen.put({ ...answer, parts: half.parts });
      await pen.write(answer.id, [{ type: "text", text: " 4 5" }]);
      await route.fulfill({ status: 202, json: {} });
    });
    await tab.page.getByText("The answer reached its longest length.").waitFor();
    await tab.action("continue").press("Enter");
    await tab.textThat((text) => text === "1 2 3 4 5");
    assertEquals(await tab.action("continue").count(), 0, "it goes on");
    await pen.put(done(answer, { parts: [{ type: "text", text: "1 2 3 4 5" }] }));
    assertEquals(await textOf(await tab.answerWith("complete")), "1 2 3 4 5");
    assertEquals(await tab.answers.count(), 1);
    const [body] = asked as { id: string; messageId: string }[];
    assertEquals([asked.length, body?.messageId, body?.id.length], [1, answer.id, 36]);
  });
});

Deno.test("T10, R13: thoughts that close do not move what a reader who has scrolled up is looking at", async () => {
  await using app = await startApp();
  await withBrowser(async (browser) => {
    const { tab, pen } = await open(app, browser);
    const answer = await pen.ask("Think hard");
    const thought = (i: number) => `Thought ${i}: ${"on the one hand, and on the other. ".repeat(4)}\n\n`;
    for (let i = 0; i < 30; i++) await pen.write(answer.id, [{ type: "reasoning", text: thought(i) }]);
    const thoughts = tab.page.locator(".reasoning");
    await thoughts.getByText("Thought 29").waitFor();
    const list = tab.page.locator(".log");
    await list.hover();
    await tab.page.mouse.wheel(0, -800);
    await tab.action("jump").waitFor();
    // The wheel is smooth: only further up does a reader read.
    await tab.page.waitForFunction(() => {
      const el = document.querySelector(".log")!;
      return el.scrollHeight - el.clientHeight - el.scrollTop > 200;
    });
    await pen.write(answer.id, [{ type: "text", text: "So: yes." }]);
    await tab.textThat((text) => text.includes("So: yes."));
    assert(await thoughts.getByText("Thought 29").isVisible(), "they stay open under the reader's eyes");
    assertStringIncludes(await thoughts.locator("summary").innerText(), "Though");
  });
});
