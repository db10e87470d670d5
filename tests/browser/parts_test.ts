// What an answer is made of beside its words: thoughts, tool calls, and what is known of it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Part } from "../../lib/protocol/message.ts";
import type { Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { startApp } from "../support/app.ts";
import { asking, type Scene } from "../support/asking.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { Pen } from "../support/pen.ts";
import { MODELS } from "../support/server_with_provider.ts";

/** Thoughts as each kind of server writes them. */
const THOUGHTS: { name: string; model: string; think(call: Scene["call"], text: string): Promise<void> }[] = [
  { name: "Anthropic's thinking", model: MODELS.messages, think: (call, text) => call.reason(text) },
  { name: "OpenAI's reasoning", model: MODELS.responses, think: (call, text) => call.reason(text) },
  {
    name: "reasoning_content of a compatible server",
    model: MODELS.chat,
    think: (call, text) => call.reason(text),
  },
  {
    name: "<think> in the text of a compatible server",
    model: MODELS.chat,
    async think(call, text) {
      // Cut within its tags, as tokens are.
      for (const piece of ["<th", "ink>", text]) await call.send(piece);
    },
  },
];

/** What a screen reader is told of the thoughts: whether they are open. */
async function expanded(page: Page): Promise<unknown> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const found = nodes.filter(({ role, name }) =>
    role?.value === "DisclosureTriangle" && /^Th(inking|ought)/.test(name?.value)
  );
  assertEquals(found.length, 1);
  return found[0]!.properties?.find(({ name }) => name === "expanded")?.value.value;
}

for (const { name, model, think } of THOUGHTS) {
  Deno.test(`R10: ${name} is one thing that opens and closes, says how long it took, and is in no copy`, async () => {
    await asking(async ({ tab, page, call, answer }) => {
      await think(call, "They want **me** to think.");
      const thoughts = answer.locator(".reasoning");
      const summary = thoughts.locator("summary");
      const inside = thoughts.getByText("to think.");
      await inside.waitFor({ state: "visible" });
      assertEquals(await expanded(page), true);
      assertEquals((await summary.innerText()).trim(), "Thinking…");
      if (name.startsWith("<think>")) await call.send("</think>\n\n");
      await call.send("I did.");
      await inside.waitFor({ state: "hidden" });
      assertEquals(await expanded(page), false);
      assertMatch((await summary.innerText()).trim(), /^Thought for \d+ s$/);
      await call.end();
      await tab.answerWith("complete");
      assertEquals(await thoughts.count(), 1);
      assertEquals(await answer.locator("[data-text] > .section > p").allInnerTexts(), ["I did."]);
      await summary.press("Enter");
      await inside.waitFor({ state: "visible" });
      assertEquals(await expanded(page), true);
      await answer.locator('[data-action="copy"]').click();
      await answer.locator('[data-action="copy"][title="Copied"]').waitFor();
      const copied = await page.evaluate(async () => {
        const [item] = await navigator.clipboard.read();
        return await Promise.all(item!.types.map(async (type) => await (await item!.getType(type)).text()));
      });
      assert(copied.length > 0 && copied.every((text) => text.includes("I did.")), copied.join("\n"));
      assert(copied.every((text) => !text.includes("think")), copied.join("\n"));
      await page.reload();
      await tab.live();
      assertEquals((await summary.innerText()).trim(), "Thoughts");
      assertEquals(await expanded(page), false);
    }, { model });
  });
}

Deno.test("R11: a tool call is shown as it is written, while it runs, and with what came of it; one that failed offers Retry", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ model: "demo/tour" });
  const pen = new Pen(app.kv, id);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: app.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${app.url}/c/${id}`);
    const answer = await pen.ask("What is 17 * 23, and what is the weather?");
    // Whoever comes later does not know when a call began.
    await tab.page.locator('[data-state="thinking"]').waitFor();
    const parts: Part[] = [];
    const write = async (part: Part) => {
      parts.push(part);
      await pen.write(answer.id, [part]);
    };
    const tool = tab.page.locator(".tool").first();
    const state = (is: string) => tab.page.locator(`.tool[data-tool-state="${is}"]`).first().waitFor();
    const said = () => tool.locator("[data-tool-said]").innerText();

    await pen.write(answer.id, [{ type: "text", text: "Let me see." }]);
    const args = JSON.stringify({ expression: "17 * 23", note: 'a "quoted" \\ word' });
    for (let at = 0; at < args.length; at += 9) {
      const piece = args.slice(at, at + 9);
      await pen.write(answer.id, [{ type: "tool_call", callId: "c1", name: "calculator", args: piece }]);
    }
    await state("running");
    assertStringIncludes(await tool.locator("summary").innerText(), "calculator");
    assert(!await tool.locator("pre").first().isVisible(), "closed, it is a line");
    await tool.locator("summary").press("Enter");
    assertEquals(JSON.parse(await tool.locator("pre").innerText()), JSON.parse(args));
    await tab.page.waitForFunction(() =>
      /running… \d/.test(document.querySelector("[data-tool-said]")!.textContent!)
    );
    await write({ type: "tool_result", callId: "c1", ok: true, output: "391" });
    await state("done");
    assertMatch(await said(), /^done in \d+(\.\d)? s$/);
    assertEquals(await tool.locator("pre").nth(1).innerText(), "391");
    assert(await tool.locator("pre").first().isVisible(), "what a person opened stays open");

    await pen.write(answer.id, [{
      type: "tool_call",
      callId: "c2",
      name: "get_weather",
      args: '{"place": "Lis',
    }]);
    const second = tab.page.locator(".tool").nth(1);
    await second.and(tab.page.locator('[data-tool-state="writing"]')).waitFor();
    await second.locator("summary").click();
    assertEquals(await second.locator("pre").innerText(), '{"place": "Lis');
    await pen.write(answer.id, [{ type: "tool_call", callId: "c2", name: "get_weather", args: 'bon"}' }]);
    await pen.write(answer.id, [{
      type: "tool_result",
      callId: "c2",
      ok: false,
      output: "The service is down.",
    }]);
    await second.and(tab.page.locator('[data-tool-state="failed"]')).waitFor();
    assert(await second.getByText("The service is down.").isVisible(), "why it failed is there to read");
    assertEquals(await tab.action("retry-tool").count(), 0, "the answer goes on yet");

    const whole: Part[] = [
      { type: "text", text: "Let me see." },
      { type: "tool_call", callId: "c1", name: "calculator", args },
      ...parts,
      { type: "tool_call", callId: "c2", name: "get_weather", args: '{"place": "Lisbon"}' },
      { type: "tool_result", callId: "c2", ok: false, output: "The service is down." },
      { type: "text", text: "It is 391. I know nothing of the weather." },
    ];
    await pen.put({ ...answer, status: "complete", parts: whole });
    await tab.answerWith("complete");
    for (const reloaded of [false, true]) {
      if (reloaded) {
        await tab.page.reload();
        await tab.live();
        assertEquals(await said(), "done", "nobody here knows how long it took");
      }
      assertEquals(
        await tab.page.locator(".tool").evaluateAll((all) =>
          all.map((one) => one.getAttribute("data-tool-state"))
        ),
        ["done", "failed"],
      );
      assertEquals(await tab.answers.last().locator("[data-text] > .section > p").allInnerTexts(), [
        "Let me see.",
        "It is 391. I know nothing of the weather.",
      ]);
    }
    const asked = Promise.withResolvers<unknown>();
    await tab.page.route("**/regenerate", async (route) => {
      asked.resolve(route.request().postDataJSON()?.messageId);
      await route.fulfill({ status: 202, json: {} });
    });
    await tab.action("retry-tool").press("Enter");
    assertEquals(await asked.promise, answer.id);
  });
});

Deno.test("R14: an answer tells its model, its moment and how it ended, to the eye that hovers, to the focus, and always to the page", async () => {
  await asking(async ({ tab, page, call, fake }) => {
    await call.send("One.");
    await call.end();
    await tab.answerWith("complete");
    await tab.send("And two");
    const second = await fake.next();
    await second.send("Half of");
    await tab.textThat((text) => text === "Half of");
    await page.keyboard.press("Escape");
    const stopped = await tab.answerWith("cancelled");
    await tab.send("And three");
    await (await fake.next()).refuse(401, "invalid_api_key", "No");
    await tab.answerWith("failed");

    const footer = (at: number) => tab.answers.nth(at).locator("footer");
    for (const [at, status] of [[0, null], [1, "Stopped"], [2, "Failed"]] as const) {
      const facts = footer(at).locator("summary");
      assertStringIncludes(await facts.textContent() ?? "", "fake-small");
      assertEquals(await facts.locator('[data-fact="status"]').count(), status === null ? 0 : 1);
      if (status !== null) assertStringIncludes(await facts.textContent() ?? "", status);
      const time = facts.locator("time");
      const at_ = Date.parse(await time.getAttribute("datetime") ?? "");
      assert(Math.abs(Date.now() - at_) < 3_600_000, `${at_}`);
      assertMatch(await time.textContent() ?? "", /\d\d:\d\d/);
      assertStringIncludes(await time.getAttribute("title") ?? "", String(new Date().getFullYear()));
    }
    assertEquals(await stopped.getAttribute("data-status"), "cancelled");
    assertMatch(await tab.questions.first().locator("footer time").textContent() ?? "", /\d\d:\d\d/);

    const shown = (at: number, is: number) =>
      page.waitForFunction(
        ({ at, is }) =>
          Number(
            getComputedStyle(document.querySelectorAll('[data-role="assistant"] footer')[at]!).opacity,
          ) === is,
        { at, is },
      );
    await page.mouse.move(0, 0);
    await tab.composer.focus();
    await shown(0, 0);
    await tab.answers.first().hover();
    await shown(0, 1);
    await page.mouse.move(0, 0);
    await shown(0, 0);
    await footer(0).locator('[data-action="copy"]').focus();
    await shown(0, 1);
  }, { mouse: true });
});
