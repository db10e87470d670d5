// The box in which a message is written: its keys, its height, its limit, its focus, and what becomes of what was sent.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { BrowserContext, Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { type ContextOptions, PHONE, screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import type { FakeProviderOptions } from "../support/fake_provider/mod.ts";
import { MODELS, type ServerWithProvider, startWithProvider } from "../support/server_with_provider.ts";
import { MESSAGE_CHARS_MAX } from "../../lib/protocol/api.ts";

interface Scene extends Pick<ServerWithProvider, "server" | "fake"> {
  browser: TestBrowser;
  api: Api;
  context: BrowserContext;
  address: string;
  tab: ChatPage;
  page: Page;
}

/** A conversation in which nothing was said yet. */
async function scene(
  play: (scene: Scene) => Promise<void>,
  { provider = { auto: { tokens: ["Yes."] } }, env, ...options }:
    & { provider?: FakeProviderOptions; env?: Record<string, string> }
    & Omit<ContextOptions, "session"> = {},
): Promise<void> {
  await using both = await startWithProvider(provider, env === undefined ? {} : { env });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ ...options, session: { url: server.url, cookie: api.cookie } });
    const address = `${server.url}/c/${id}`;
    const tab = await ChatPage.open(context, address);
    await play({ server, fake, browser, api, context, address, tab, page: tab.page });
  });
}

/** What the models were asked last, as the chat format has it. */
function askedOf({ fake }: Scene): string {
  const body = fake.exchanges.at(-1)?.body as { messages: { content: string }[] };
  return body.messages.at(-1)!.content;
}

Deno.test("C1: thirty lines grow the box to two fifths of the window at most, then it scrolls inside and the page does not", async () => {
  await scene(async (at) => {
    const { tab, page } = at;
    const low = (await tab.composer.boundingBox())!.height;
    await tab.composer.focus();
    for (let line = 1; line <= 30; line++) {
      await page.keyboard.type(`line ${line}`);
      if (line < 30) await page.keyboard.press("Shift+Enter");
    }
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`).join("\n");
    assertEquals(await tab.composer.inputValue(), lines);
    const { height, inner, window, under } = await tab.composer.evaluate((area) => ({
      height: area.getBoundingClientRect().height,
      inner: area.scrollHeight,
      window: innerHeight,
      under: area.closest("form")!.getBoundingClientRect().bottom,
    }));
    await screenshot(page, "composer-tall");
    assert(height > 4 * low, `it grew to ${height} px only`);
    assert(height <= 0.4 * window + 1, `${height} of ${window} px`);
    assert(inner > height, "it scrolls inside");
    assert(under <= window + 1, "its end is in the window");
    assertEquals(await page.evaluate(() => document.documentElement.scrollHeight > innerHeight), false);

    await tab.composer.press("Enter");
    assertEquals(await textOf(await tab.answerWith("complete")), "Yes.");
    assertEquals(askedOf(at), lines);
    assertEquals((await tab.composer.boundingBox())!.height, low, "it is low again");
  });
});

Deno.test("C1: Enter sends and Shift+Enter begins a line, Ctrl and Cmd with Enter always send, and a setting swaps Enter", async () => {
  await scene(async (at) => {
    const { tab, page, fake } = at;
    const hint = page.locator("#composer-hint");
    const type = async (text: string) => {
      await tab.composer.pressSequentially(text);
    };
    const answered = async (asked: number) => {
      await page.waitForFunction(
        (n) => document.querySelectorAll('[data-role="assistant"][data-status="complete"]').length === n,
        asked,
      );
      assertEquals(fake.exchanges.length, asked);
    };
    assertStringIncludes(await hint.innerText(), "Enter sends");
    await type("one");
    await tab.composer.press("Shift+Enter");
    await type("more");
    assertEquals([await tab.composer.inputValue(), fake.exchanges.length], ["one\nmore", 0]);
    await tab.composer.press("Enter");
    await answered(1);
    await type("two");
    await tab.composer.press("Control+Enter");
    await answered(2);
    await type("three");
    await tab.composer.press("Meta+Enter");
    await answered(3);

    await page.evaluate(() => document.cookie = "device=sendKey=mod-enter; path=/");
    await page.reload();
    await tab.live();
    await hint.getByText("Enter begins a line").waitFor();
    await type("four");
    await tab.composer.press("Enter");
    await type("more");
    await tab.composer.press("Shift+Enter");
    assertEquals([await tab.composer.inputValue(), fake.exchanges.length], ["four\nmore\n", 3]);
    await tab.composer.press("Control+Enter");
    await answered(4);
    assertEquals(askedOf(at), "four\nmore\n");
  });
});

Deno.test("C2: Enter that ends a composition never sends, told by its flag or by 229 alone; the next Enter does", async () => {
  await scene(async (at) => {
    const { tab, fake } = at;
    await tab.composer.fill("にほんご");
    const ends = [{ isComposing: true }, { keyCode: 229 }, {
      isComposing: true,
      keyCode: 229,
      ctrlKey: true,
    }];
    for (const end of ends) {
      await tab.composer.dispatchEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...end });
      assertEquals(await tab.composer.inputValue(), "にほんご", JSON.stringify(end));
    }
    assertEquals([await tab.questions.count(), fake.exchanges.length], [0, 0]);
    await tab.composer.press("Enter");
    await tab.answerWith("complete");
    assertEquals([askedOf(at), fake.exchanges.length], ["にほんご", 1]);
  });
});

Deno.test("C4: two Enters at once and the same POST again, from the page and beside it, are one message and one call of the model", async () => {
  await scene(async (at) => {
    const { tab, page, fake, api, address } = at;
    const posted = page.waitForRequest((request) =>
      request.method() === "POST" && request.url().endsWith("/messages")
    );
    await tab.composer.fill("Once");
    // Within one task: no hand is as fast.
    await tab.composer.evaluate((area) => {
      for (let i = 0; i < 2; i++) {
        area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      }
    });
    await tab.answerWith("complete");
    const body = (await posted).postData()!;
    const again = await page.evaluate(async ([url, body]) => {
      const send = () =>
        fetch(url!, { method: "POST", headers: { "content-type": "application/json" }, body });
      const responses = await Promise.all([send(), send(), send()]);
      return await Promise.all(
        responses.map(async (one) => [one.status, (await one.json()).reply.generationId]),
      );
    }, [(await posted).url(), body]);
    assertEquals(again.map(([status]) => status), [202, 202, 202]);
    assertEquals(new Set(again.map(([, id]) => id)).size, 1);

    // Two clicks, too: the second, when Send is Stop already, stops nothing.
    fake.auto = undefined;
    await tab.composer.fill("Twice");
    await tab.action("send").hover();
    await page.mouse.down({ clickCount: 1 });
    await page.mouse.up({ clickCount: 1 });
    await tab.action("stop").waitFor();
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    assert(await tab.action("stop").isEnabled(), "nothing is being stopped");
    await fake.next(); // "Once", which was answered by itself
    await (await fake.next()).play({ tokens: ["Yes."] });
    await page.waitForFunction(() =>
      document.querySelectorAll('[data-role="assistant"][data-status="complete"]').length === 2
    );
    assertEquals(fake.exchanges.length, 2);
    const { messages } = await api.read(address.slice(-36));
    assertEquals(
      messages.filter(({ role }) => role === "user").map(({ parts }) => (parts[0] as { text: string }).text),
      ["Once", "Twice"],
    );
    assertEquals(await tab.questions.count(), 2);
  });
});

Deno.test("C5: while an answer is written Send is Stop, and Enter queues a message above the box that survives a reload and goes when it is done", async () => {
  await scene(async (at) => {
    const { tab, page, fake } = at;
    await tab.send("A story");
    const story = await fake.next();
    await story.send("Once");
    await tab.action("stop").waitFor();
    assertEquals(await tab.action("send").count(), 0);
    await tab.send("And then?");
    const chip = page.locator("[data-queued]").getByText("And then?");
    await chip.waitFor();
    const above = (await chip.boundingBox())!;
    const box = (await page.locator(".box").boundingBox())!;
    assert(above.y + above.height <= box.y, "it is above the box");
    assertEquals(await tab.composer.inputValue(), "");

    await page.reload();
    await tab.live();
    await chip.waitFor();
    assertEquals(fake.exchanges.length, 1);
    await story.end();
    const next = await fake.next();
    await next.send("The end.");
    await next.end();
    await tab.textThat((text) => text === "The end.");
    assertEquals([await chip.count(), askedOf(at)], [0, "And then?"]);
    await tab.action("send").waitFor();
  }, { provider: {} });
});

Deno.test("C9: a message near its limit is counted; beyond it the counter is red and Send is off, saying why; and the API names the field", async () => {
  await scene(async (at) => {
    const { tab, page, fake, address } = at;
    const hint = page.locator("#composer-hint");
    const send = tab.action("send");
    await tab.composer.fill("x".repeat(MESSAGE_CHARS_MAX - 100));
    await hint.getByText("31,900 of 32,000 characters").waitFor();
    assertEquals([await hint.getAttribute("data-over"), await send.isDisabled()], ["false", false]);
    await tab.composer.fill("x".repeat(MESSAGE_CHARS_MAX + 1));
    await hint.getByText("32,001 of 32,000 characters: 1 too many").waitFor();
    assertEquals([await hint.getAttribute("data-over"), await send.isDisabled()], ["true", true]);
    for (const control of [send, tab.composer]) {
      assertEquals(await control.getAttribute("aria-describedby"), await hint.getAttribute("id"));
    }
    const [colour, danger] = await hint.evaluate((hint) => {
      const probe = document.createElement("i");
      probe.className = "error-note";
      probe.append(Object.assign(document.createElement("b"), { className: "title" }));
      hint.append(probe);
      const colours = [getComputedStyle(hint).color, getComputedStyle(probe.firstElementChild!).color];
      probe.remove();
      return colours;
    });
    assertEquals(colour, danger);
    await screenshot(page, "composer-over");
    await tab.composer.press("Enter");
    await page.locator('[data-announcer="status"]').getByText("1 too many").waitFor({ state: "attached" });
    assertEquals([await tab.questions.count(), fake.exchanges.length], [0, 0]);

    at.browser.expect(/status of 422/);
    const refused = await page.evaluate(async ([url, text]) => {
      const response = await fetch(url!, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text }),
      });
      return { status: response.status, problem: await response.json() };
    }, [`${address.replace("/c/", "/api/conversations/")}/messages`, "x".repeat(MESSAGE_CHARS_MAX + 1)]);
    assertEquals([refused.status, refused.problem.code], [422, "invalid"]);
    assertEquals(refused.problem.faults.map(({ path }: { path: string }) => path), ["text"]);

    await tab.composer.fill("x".repeat(MESSAGE_CHARS_MAX));
    await tab.composer.press("Enter");
    assertEquals(await textOf(await tab.answerWith("complete")), "Yes.");
  });
});

Deno.test("C10: the operator's starters fill the box and take nothing away; with Shift they are sent at once, and once", async () => {
  const starters = [{ text: "Say hello", promise: "A word" }, { text: "Say goodbye" }];
  await scene(async (at) => {
    const { tab, page, server, fake } = at;
    await page.goto(`${server.url}/`);
    await tab.live();
    const starter = tab.action("starter");
    assertEquals(await starter.allInnerTexts(), ["Say hello\nA word", "Say goodbye"]);
    await starter.nth(0).click();
    await says(tab, "Say hello");
    await starter.nth(1).click();
    await says(tab, "Say goodbye");
    await tab.composer.fill("My own words");
    await starter.nth(0).click();
    await says(tab, "My own words\n\nSay hello");
    assertEquals(fake.exchanges.length, 0);
    await page.reload();
    await tab.live();
    await says(tab, "My own words\n\nSay hello");

    await tab.composer.fill("");
    await starter.nth(1).click({ modifiers: ["Shift"] });
    await tab.answerWith("complete");
    assertEquals([askedOf(at), fake.exchanges.length, await tab.questions.count()], ["Say goodbye", 1, 1]);
  }, { env: { STARTERS: JSON.stringify(starters) } });
});

Deno.test("C11: with a mouse the box has the focus after each way to a chat; with a finger nothing raises the keyboard", async () => {
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id ?? "");
  await scene(async (at) => {
    const { tab, page, browser, server, api, address } = at;
    assertEquals(await focused(page), "composer");
    await tab.action("new-chat").first().click();
    await page.waitForURL(`${server.url}/`);
    await page.waitForFunction(() => document.activeElement?.id === "composer");
    await page.locator(".conversation a").first().click();
    await page.waitForURL(address);
    await page.waitForFunction(() => document.activeElement?.id === "composer");
    await tab.composer.fill("Hello");
    await tab.action("send").click();
    await tab.answerWith("complete");
    assertEquals(await focused(page), "composer");

    const session = { url: server.url, cookie: api.cookie };
    const hand = await ChatPage.open(
      await browser.context({ session, touch: true, viewport: PHONE }),
      address,
    );
    const phone = hand.page;
    assertEquals(await phone.evaluate(() => matchMedia("(pointer: coarse)").matches), true);
    assertEquals(await focused(phone), "", "after a navigation");
    await phone.locator(".head .menu").tap();
    await hand.action("new-chat").first().tap();
    await phone.waitForURL(`${server.url}/`);
    await hand.action("starter").first().tap();
    await says(hand, "What can you show?");
    assert(await focused(phone) !== "composer", "after a starter");
    await hand.composer.tap();
    assertEquals(await focused(phone), "composer", "a person who taps it wants to write");
    await hand.action("send").tap();
    await hand.answerWith("complete");
    assert(await focused(phone) !== "composer", "after Send");
    await phone.locator(".head .menu").tap();
    await phone.locator(`.conversation a[href="${new URL(address).pathname}"]`).tap();
    await phone.waitForURL(address);
    await hand.answers.first().waitFor();
    assert(await focused(phone) !== "composer", "after a chat was chosen");
  });
});

Deno.test("T2: a message is on the page in the frame after Enter while the server is held; a failure leaves it there with Retry and Edit", async () => {
  await scene(async (at) => {
    const { tab, page, browser, fake } = at;
    browser.expect(/status of 500/);
    const held = Promise.withResolvers<void>();
    await page.route("**/messages", async (route) => {
      await held.promise;
      await route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "internal", detail: "It broke.", requestId: "r-1" }),
      });
    });
    await tab.composer.fill("Do not lose me");
    const shown = await tab.composer.evaluate(async (area) => {
      area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      await new Promise(requestAnimationFrame);
      return [...document.querySelectorAll('[data-role="user"] [data-text]')].map((one) => one.textContent);
    });
    assertEquals(shown, ["Do not lose me"]);
    assertEquals(await tab.composer.inputValue(), "");
    held.resolve();
    const bubble = page.locator('article[data-role="user"][data-status="failed"]');
    await bubble.waitFor();
    await screenshot(page, "composer-failed");
    assertMatch(await bubble.innerText(), /Do not lose me[^]*It broke\.[^]*Retry[^]*Edit/);

    // Edited, it does not push aside what was written meanwhile.
    await tab.composer.fill("meanwhile");
    await bubble.locator('[data-action="edit"]').click();
    await says(tab, "meanwhile\n\nDo not lose me");
    assertEquals([await bubble.count(), fake.exchanges.length], [0, 0]);
    await page.unroute("**/messages");
    await tab.composer.press("Enter");
    await tab.answerWith("complete");
    assertEquals(askedOf(at), "meanwhile\n\nDo not lose me");
  });
});

/** Resolves when the box says this: a signal's effect comes with the next frame. */
async function says(tab: ChatPage, text: string): Promise<void> {
  await tab.page.waitForFunction(
    (wanted) => document.querySelector<HTMLTextAreaElement>("#composer")?.value === wanted,
    text,
  );
}
