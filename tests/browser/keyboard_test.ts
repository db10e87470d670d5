// Everything that can be done is done by keyboard, and one sees where one is.
import type { CDPSession, Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { DESKTOP, PHONE, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, type ServerWithProvider, startWithProvider } from "../support/server_with_provider.ts";

/** More than any page has controls. */
const PRESSES_MAX = 150;
/** Groups of controls that are one stop of Tab: arrows go through them. */
const GROUPS = '.thread, .sidebar nav[data-ready="true"]';
/** Whatever a browser or we let the focus go to by Tab. */
const CONTROLS =
  'button, a[href], input, select, textarea, summary, [tabindex="0"], [contenteditable], iframe, audio, video';

const ANSWER =
  "Some **code**:\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nAnd [a link](https://example.org).";

/** An answer with thoughts, code, a table and a link, and another version of it. */
async function conversation({ server, fake }: ServerWithProvider): Promise<{ api: Api; id: string }> {
  const api = await Api.session(server.url);
  await api.create({ model: MODELS.chat, title: "Another" });
  const { id } = await api.create({ model: MODELS.chat, title: "By keyboard" });
  const { reply } = await api.send(id, { text: "Show me" });
  const call = await fake.next();
  await call.reason("Let me think.");
  await call.send(ANSWER);
  await call.end();
  await api.finished(id, reply.messageId);
  const again = await api.regenerate(id, { messageId: reply.messageId });
  const other = await fake.next();
  await other.send(ANSWER);
  await other.end();
  await api.finished(id, again.reply.messageId);
  return { api, id };
}

interface Stop {
  what: string;
  name: string;
  /** Of its place in the page's text. */
  order: number;
  focusShown: boolean;
  visible: boolean;
}

/** Where the focus is; null when it is nowhere in the page. */
async function stopAt(page: Page, devtools: CDPSession): Promise<Stop | null> {
  const seen = await page.evaluate((controls) => {
    const at = document.activeElement as HTMLElement | null;
    if (at === null || at === document.body) return null;
    /** What a focus may change: of the control, of what draws it, and of the box around it. */
    const look = () =>
      [at, at.nextElementSibling, at.parentElement, at.parentElement?.parentElement].map((el) => {
        if (el === null || el === undefined) return "";
        const { outlineStyle, outlineWidth, outlineColor, borderColor, boxShadow } = getComputedStyle(el);
        return `${outlineStyle} ${outlineWidth} ${outlineColor} ${borderColor} ${boxShadow}`;
      });
    const focused = look();
    at.blur();
    const plain = look();
    at.focus({ preventScroll: true });
    let opacity = 1;
    for (let el: Element | null = at; el !== null; el = el.parentElement) {
      opacity *= Number(getComputedStyle(el).opacity);
    }
    const { width, height, top, bottom, left, right } = at.getBoundingClientRect();
    return {
      what: at.outerHTML.slice(0, 120),
      order: [...document.querySelectorAll(controls)].indexOf(at),
      focusShown: focused.some((look, i) => look !== plain[i]),
      visible: opacity > 0.5 && width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 &&
        left < innerWidth,
    };
  }, CONTROLS);
  if (seen === null) return null;
  const { result } = await devtools.send("Runtime.evaluate", { expression: "document.activeElement" });
  const { nodes } = await devtools.send("Accessibility.getPartialAXTree", {
    objectId: result.objectId,
    fetchRelatives: false,
  });
  return { ...seen, name: String(nodes[0]?.name?.value ?? "") };
}

/**
 * Presses Tab until the focus is out of what `within` names, and holds what was met against what is there: each has a name,
 * is seen to have the focus, and none is left out.
 */
async function walk(page: Page, devtools: CDPSession, within: string): Promise<Stop[]> {
  const stops: Stop[] = [];
  const isWithin = () =>
    page.evaluate((within) => document.querySelector(within)!.contains(document.activeElement), within);
  if (within === "html") await page.keyboard.press("Tab");
  // What is not rendered, disabled, or one of a group that arrows go through, is no stop.
  const { expected, lost } = await page.evaluate(([controls, groups, within]) => {
    const all = [...document.querySelectorAll<HTMLElement>(controls!)];
    const shown = all.flatMap((el, order) => {
      const isShown = el.checkVisibility({ visibilityProperty: true }) && !el.matches(":disabled") &&
        el.closest("[inert]") === null && el.parentElement?.closest(within!) != null;
      return isShown ? [{ el, order }] : [];
    });
    return {
      expected: shown.filter(({ el }) => el.tabIndex >= 0).map(({ order }) => order),
      lost: shown.filter(({ el }) => el.tabIndex < 0 && el.closest(groups!) === null)
        .map(({ el }) => el.outerHTML.slice(0, 120)),
    };
  }, [CONTROLS, GROUPS, within]);
  assertEquals(lost, [], "no key reaches these");
  for (let presses = 0; presses < PRESSES_MAX; presses++) {
    const stop = await stopAt(page, devtools);
    if (stop === null || !await isWithin() || (stops.length > 0 && stop.order === stops[0]!.order)) break;
    stops.push(stop);
    await page.keyboard.press("Tab");
  }
  const listed = (which: Stop[]) => which.map(({ what, name }) => `${name}: ${what}`);
  assert(stops.length < PRESSES_MAX, `the focus is trapped: ${listed(stops.slice(-5)).join("\n")}`);
  assertEquals(listed(stops.filter(({ name }) => name.trim() === "")), [], "each has a name");
  assertEquals(listed(stops.filter(({ focusShown }) => !focusShown)), [], "one sees where one is");
  assertEquals(listed(stops.filter(({ visible }) => !visible)), [], "it is in sight, without a mouse");
  const orders = stops.map(({ order }) => order).filter((order) => order >= 0);
  assertEquals(orders, orders.toSorted((a, b) => a - b), "in the order of the page");
  assertEquals(expected.filter((order) => !orders.includes(order)), [], "all of them");
  return stops;
}

/** What the focus is on in the list of conversations: the row, and which control of it. */
function rowAt(page: Page): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement as HTMLElement;
    const id = at.closest<HTMLElement>("[data-conversation-id]")?.dataset.conversationId;
    return `${id} ${at.dataset.action ?? "row"}`;
  });
}

/** From its one stop, arrows go to each control of the list of conversations. */
async function walkConversations(page: Page): Promise<void> {
  const nav = page.locator(".sidebar nav");
  const controls = await nav.locator("a, button").evaluateAll((all) =>
    (all as HTMLElement[]).map((el) => {
      const id = el.closest<HTMLElement>("[data-conversation-id]")?.dataset.conversationId;
      return `${id} ${el.dataset.action ?? "row"}`;
    })
  );
  assertEquals(controls.length, 4, "two rows, each with its menu");
  await tabTo(page, ".sidebar nav [data-row]", "Shift+Tab");
  await page.keyboard.press("Home");
  const reached: string[] = [];
  for (let row = 0; row < controls.length / 2; row++) {
    reached.push(await rowAt(page));
    await page.keyboard.press("ArrowRight");
    reached.push(await rowAt(page));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
  }
  assertEquals(reached, controls);
}

Deno.test("K1: Tab goes through every control once, in the order of the page, each with a name and a focus that is seen", async () => {
  await using both = await startWithProvider();
  const { api, id } = await conversation(both);
  await withBrowser(async (browser) => {
    for (const viewport of [DESKTOP, PHONE]) {
      const context = await browser.context({
        session: { url: both.server.url, cookie: api.cookie },
        viewport,
        reducedMotion: true,
      });
      const tab = await ChatPage.open(context, `${both.server.url}/c/${id}`);
      const { page } = tab;
      const devtools = await context.newCDPSession(page);
      await devtools.send("Accessibility.enable");
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      // What makes one stop of the messages is loaded once the page has settled.
      await page.locator("body[data-keys]").waitFor();
      // Nor is the list of conversations one before somebody comes near it. On a phone it is away.
      if (viewport === DESKTOP) {
        await tab.action("new-chat").focus();
        await page.locator('.sidebar nav[data-ready="true"]').waitFor();
      }
      const positive = await page.locator("[tabindex]").evaluateAll((all) =>
        all.filter((el) => (el as HTMLElement).tabIndex > 0).length
      );
      assertEquals(positive, 0, "no control jumps the queue");

      // From the page's beginning: the browser remembers where a click or a script was last.
      await page.evaluate(() => {
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute("tabindex");
      });
      const stops = await walk(page, devtools, "html");
      assert(stops.length >= (viewport === DESKTOP ? 10 : 6), `${stops.length} stops`);
      const messages = stops.filter(({ what }) => what.startsWith("<article"));
      assertEquals(messages.length, 1, "the messages are one stop");
      if (viewport === DESKTOP) {
        const rows = stops.filter(({ what }) => what.includes("data-row"));
        assertEquals(rows.length, 1, "the conversations are one stop");
        await walkConversations(page);
      }

      // Into the answer: what it offers is walked in the same way.
      await tabTo(page, "article");
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      const inside = await walk(page, devtools, "article:last-of-type");
      for (const part of ["copy-code", "version-back", "regenerate", "rate-up", "example.org", "<summary"]) {
        assert(inside.some(({ what }) => what.includes(part)), `${part} is reached`);
      }
      await context.close();
    }
  });
});

/** Presses Tab until the focus is on what `selector` names. */
async function tabTo(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < PRESSES_MAX; presses++) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector)) {
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`${PRESSES_MAX} presses of ${key} do not lead to ${selector}`);
}

Deno.test("K1: without a mouse one begins a chat, sends, stops, asks again, compares versions, copies code, rates, queues and edits, searches, deletes and takes it back", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const { api, id } = await conversation(both);
  await withBrowser(async (browser) => {
    const context = await browser.context({
      session: { url: server.url, cookie: api.cookie },
      reducedMotion: true,
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    const { page } = tab;
    const { keyboard } = page;
    const says = (words: string) =>
      page.locator('[data-announcer="status"]', { hasText: words }).waitFor({ state: "attached" });

    await page.locator("body[data-keys]").waitFor();
    /** To a control of the last message. */
    const inLast = async (selector: string) => {
      await tabTo(page, "article", "Shift+Tab");
      await keyboard.press("End");
      await keyboard.press("Enter");
      await tabTo(page, selector);
    };

    // Copy code, look at the other version.
    await inLast('.fence [data-action="copy-code"]');
    await keyboard.press("Enter");
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).trim() === "const a = 1;");
    await tabTo(page, '[data-action="version-back"]');
    await keyboard.press("Enter");
    await page.locator("[data-versions]", { hasText: "1/2" }).waitFor();
    await keyboard.press("Escape");
    await inLast('[data-action="rate-up"]');
    await keyboard.press("Enter");
    await page.locator('[data-action="rate-up"][aria-pressed="true"]').waitFor();

    // A new chat.
    await tabTo(page, '[data-action="new-chat"]', "Shift+Tab");
    await keyboard.press("Enter");
    await page.waitForURL(`${server.url}/`);
    await tabTo(page, "#composer");
    await keyboard.type("Write a lot");
    await keyboard.press("Enter");
    const first = await fake.next();
    await first.send("Some words");
    await tab.textThat((text) => text === "Some words");

    // What is typed meanwhile waits, and is edited before its turn.
    await keyboard.type("And then");
    await keyboard.press("Enter");
    await page.locator("[data-queued]", { hasText: "And then" }).locator('[data-action="edit-queued"]')
      .waitFor();
    await keyboard.press("ArrowUp");
    await page.locator('[data-queued][data-editing="true"]').waitFor();
    await keyboard.type(" stop");
    await keyboard.press("Enter");
    await page.locator("[data-queued]", { hasText: "And then stop" }).waitFor();
    await keyboard.press("Escape");
    await tab.answerWith("cancelled");
    const second = await fake.next();
    await second.send("Stopped.");
    await second.end();
    await tab.textThat((text) => text === "Stopped.");
    assertEquals(await page.evaluate(() => document.activeElement?.id), "composer");

    // Another answer to the same.
    await inLast('[data-action="regenerate"]');
    await keyboard.press("Enter");
    const third = await fake.next();
    await third.send("Another.");
    await third.end();
    await tab.textThat((text) => text === "Another.");
    await says("Response complete");

    // Find what was said elsewhere, and come back.
    await keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await keyboard.type("Another");
    const hit = page.getByRole("option", { name: /Another\./ }).last();
    await hit.waitFor();
    for (let presses = 0; presses < 30 && await hit.getAttribute("data-active") !== "true"; presses++) {
      await keyboard.press("ArrowDown");
    }
    await keyboard.press("Enter");
    await page.waitForFunction(() =>
      document.activeElement?.matches("article") && document.activeElement.textContent!.includes("Another.")
    );

    // Delete it, and take that back.
    await page.waitForURL(/\/c\//);
    const made = new URL(page.url()).pathname.split("/").at(-1)!;
    await tabTo(page, ".sidebar nav [data-row]", "Shift+Tab");
    await keyboard.press("Home");
    assertEquals(await rowAt(page), `${made} row`, "the latest is the first");
    await keyboard.press("Delete");
    await page.locator(`[data-conversation-id="${made}"]`).waitFor({ state: "detached" });
    await tabTo(page, '.toast [data-action="notice"]');
    await keyboard.press("Enter");
    await page.locator(`[data-conversation-id="${made}"]`).waitFor();
    assertEquals((await api.read(made)).messages.length > 0, true);
  });
});
