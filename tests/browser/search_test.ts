// Finding what was said: the palette, and the way from a hit to its message, whatever branch it is on.
import type { Locator } from "playwright-core";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { DESKTOP, NETWORK_DOWN, PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { livedThrough } from "../support/past.ts";
import { AppServer } from "../support/server.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const NEEDLE = "xyzzyplugh";
const NARROWEST = { width: 320, height: 640 };

const field = (tab: ChatPage): Locator => tab.page.locator(".palette").getByRole("combobox");
const choice = (tab: ChatPage, id: string): Locator => tab.page.locator(`[data-choice="${id}"]`);
/** Resolves when Enter would take it. */
const points = (tab: ChatPage, id: string): Promise<void> =>
  tab.page.locator(`[data-choice="${id}"][data-active="true"]`).waitFor();
const closed = (tab: ChatPage): Promise<void> => tab.page.locator(".palette").waitFor({ state: "detached" });

async function opened(tab: ChatPage): Promise<void> {
  await tab.page.keyboard.press("Control+k");
  await field(tab).waitFor();
}

/** Words enough to fill a screen. */
function long(name: string): string {
  return Array.from({ length: 40 }, (_, i) => `${name}, paragraph ${i}. The quick brown fox jumps.`).join(
    "\n\n",
  );
}

/** What the page has marked, in words. */
function highlighted(tab: ChatPage): Promise<string[]> {
  return tab.page.evaluate(() => {
    const highlight = CSS.highlights.get("found");
    return highlight === undefined ? [] : [...highlight].map((range) => (range as Range).toString());
  });
}

/** Whether the first of the marked words is within the list's view. */
function isInView(tab: ChatPage): Promise<boolean> {
  return tab.page.evaluate(() => {
    const [range] = CSS.highlights.get("found")!;
    const view = document.querySelector(".log")!.getBoundingClientRect();
    const { top, bottom } = (range as Range).getBoundingClientRect();
    return bottom > top && top >= view.top && bottom <= view.bottom;
  });
}

function focused(tab: ChatPage): Promise<string | null> {
  return tab.page.evaluate(() => document.activeElement?.getAttribute("data-message-id") ?? null);
}

Deno.test("M6: a word that was used once in 2,000 messages is found; choosing it opens its chat on its branch, scrolls to the word, marks it and focuses the message, also while an answer is written", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await livedThrough(server.kvPath, api.userId, 40, 50, (c, i) => `Lived ${c} ${i} the quick brown fox`);
  const conversation = await api.create({ model: MODELS.chat, title: "Two branches" });
  const say = async (text: string, answer: string) => {
    const { message, reply } = await api.send(conversation.id, { text });
    const call = await fake.next();
    await call.send(answer);
    await call.end();
    await api.finished(conversation.id, reply.messageId);
    return { question: message.id, answer: reply.messageId };
  };
  const first = await say("Begin", long("Beginning"));
  const hit = await say("And then?", `${long("Before")}\n\nHere is **${NEEDLE}** once.\n\n${long("After")}`);
  await say("Go on", long("Later"));
  const other = await api.regenerate(conversation.id, { messageId: first.answer });
  const otherCall = await fake.next();
  await otherCall.send(long("Another branch"));
  await otherCall.end();
  await api.finished(conversation.id, other.message.id);
  await say("On the other branch", long("There"));

  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, server.url);
    await opened(tab);
    const beganMs = performance.now();
    await field(tab).fill(NEEDLE);
    await choice(tab, `message-${hit.answer}`).waitFor();
    console.log(`found after ${(performance.now() - beganMs).toFixed(0)} ms of typing, pause and all`);
    assertEquals(await choice(tab, `message-${hit.answer}`).locator("mark").allTextContents(), [NEEDLE]);
    assertStringIncludes(await choice(tab, `message-${hit.answer}`).innerText(), "Answer in Two branches");
    await screenshot(tab.page, "palette-hit");
    await choice(tab, `message-${hit.answer}`).click();
    await closed(tab);
    await tab.page.waitForFunction(() => CSS.highlights.has("found"));
    assertEquals(await highlighted(tab), [NEEDLE]);
    assert(await isInView(tab), "the word is in view");
    assertEquals(await focused(tab), hit.answer);
    assertEquals(
      new URL(tab.page.url()).pathname + new URL(tab.page.url()).hash,
      `/c/${conversation.id}#m-${hit.answer}`,
    );
    await screenshot(tab.page, "palette-revealed");

    // The address alone does the same, on load, and when it is gone back to.
    await tab.page.reload();
    await tab.live();
    await tab.page.locator(`article[data-message-id="${hit.answer}"][data-found]`).waitFor();
    assertEquals(await focused(tab), hit.answer);
    const near = await tab.page.locator(`article[data-message-id="${hit.answer}"]`).evaluate((article) =>
      article.getBoundingClientRect().top - article.closest(".log")!.getBoundingClientRect().top
    );
    assert(near >= 0 && near < 100, `the message begins ${near} px below the top of the list`);

    // On the branch that everybody sees, an answer is being written meanwhile.
    const watching = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await watching.send("Count slowly");
    const running = await fake.next();
    await running.send("One, ");
    await watching.textThat((text) => text === "One,");
    assertEquals(await watching.page.locator(`article[data-message-id="${hit.answer}"]`).count(), 0);
    await opened(watching);
    await field(watching).fill(NEEDLE.slice(0, -2));
    await points(watching, `message-${hit.answer}`);
    await watching.page.keyboard.press("Enter");
    await watching.page.waitForFunction(() => CSS.highlights.has("found"));
    assertEquals(await highlighted(watching), [NEEDLE.slice(0, -2)]);
    assert(await isInView(watching), "the word is in view beside a running answer");
    const took = await watching.page.evaluate(() =>
      performance.getEntriesByType("resource").filter(({ name }) => name.includes("/api/search"))
        .map(({ duration }) => duration.toFixed(0))
    );
    console.log(`searched once more in ${took.join(" and ")} ms`);
    assertEquals(await focused(watching), hit.answer);
    const top = () => watching.page.locator(".log").evaluate((list) => list.scrollTop);
    const before = await top();
    await running.send(long("two"));
    await running.end();
    await watching.page.locator('[data-announcer="status"]', { hasText: "complete" }).waitFor({
      state: "attached",
    });
    assertEquals(await top(), before, "the end of that answer moves nobody");
    assertEquals(await focused(watching), hit.answer);
    await watching.page.keyboard.press("Escape");
    assertEquals(await highlighted(watching), []);
  });
});

Deno.test("M6: where a browser cannot highlight words, the message is marked and shown all the same", async () => {
  await using both = await startWithProvider({ auto: { tokens: [`${long("Before")}\n\n${NEEDLE}`] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const { reply } = await api.send(conversation.id, { text: "One" });
  await api.finished(conversation.id, reply.messageId);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, "Highlight"));
    const tab = await ChatPage.open(context, server.url);
    await opened(tab);
    await field(tab).fill(NEEDLE);
    await choice(tab, `message-${reply.messageId}`).click();
    const article = tab.page.locator(`article[data-message-id="${reply.messageId}"][data-found]`);
    await article.waitFor();
    const shown = await article.locator("p").last().evaluate((words) => {
      const view = words.closest(".log")!.getBoundingClientRect();
      const { top, bottom } = words.getBoundingClientRect();
      return top >= view.top && bottom <= view.bottom;
    });
    assert(shown, "the word is in view");
    assertEquals(await tab.page.evaluate(() => [...CSS.highlights.keys()]), []);
    // The mark is of what was looked for: it goes with the next press elsewhere.
    await tab.composer.click();
    await tab.page.locator("article[data-found]").waitFor({ state: "detached" });
  });
});

Deno.test("M6: an address of a message that is gone says so and shows the end of its chat", async () => {
  await using both = await startWithProvider({ auto: { tokens: [long("An answer")] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const { reply } = await api.send(conversation.id, { text: "One" });
  await api.finished(conversation.id, reply.messageId);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    browser.expect(/status of 404/); // the server may be asked for it
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}#m-${crypto.randomUUID()}`);
    await tab.page.locator(".toast", { hasText: "That message is not there any more." }).waitFor();
    await tab.page.waitForFunction(() => {
      const list = document.querySelector(".log")!;
      return list.scrollTop > 0 && list.scrollHeight - list.scrollTop - list.clientHeight < 4;
    });
  });
});

Deno.test("K3: the palette opens by its key and by the button, lists commands, chats and models, moves by keys and gives the focus back", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const one = await api.create({ model: MODELS.chat, title: "Sourdough bread" });
  const two = await api.create({ model: MODELS.chat, title: "Travel to Lisbon" });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${one.id}`);
    await tab.page.locator("body[data-keys]").waitFor({ state: "attached" });
    // Twice: the first may load it.
    for (const _ of [1, 2]) {
      const ms = await tab.page.evaluate(async () => {
        const drawn = new Promise((resolve) => {
          const observer = new MutationObserver(() => {
            if (document.querySelector(".palette[open]") === null) return;
            observer.disconnect();
            requestAnimationFrame(resolve);
          });
          observer.observe(document.body, { childList: true, subtree: true, attributes: true });
        });
        const beganMs = performance.now();
        document.getElementById("composer")!.dispatchEvent(
          new KeyboardEvent("keydown", {
            key: "k",
            code: "KeyK",
            ctrlKey: true,
            bubbles: true,
            cancelable: true,
          }),
        );
        await drawn;
        return performance.now() - beganMs;
      });
      console.log(`the palette is open after ${ms.toFixed(0)} ms`);
      await tab.page.keyboard.press("Escape");
      await closed(tab);
    }

    await tab.composer.focus();
    await opened(tab);
    await screenshot(tab.page, "palette-open");
    assertEquals(await field(tab).evaluate((input) => input === document.activeElement), true);
    await points(tab, `chat-${two.id}`); // the one that is open is not offered
    assertEquals(await choice(tab, `chat-${one.id}`).count(), 0);
    await tab.page.keyboard.press("End");
    await points(tab, "command-delete");
    await tab.page.keyboard.press("ArrowDown");
    await points(tab, `chat-${two.id}`); // it goes around
    await tab.page.keyboard.press("ArrowUp");
    await points(tab, "command-delete");
    await tab.page.keyboard.press("Home");
    await points(tab, `chat-${two.id}`);
    const pointed = await field(tab).getAttribute("aria-activedescendant");
    assertEquals(await tab.page.locator(`[id="${pointed}"]`).getAttribute("data-choice"), `chat-${two.id}`);
    await tab.page.keyboard.press("Control+k");
    await closed(tab);
    assertEquals(await tab.page.evaluate(() => document.activeElement?.id), "composer");

    // A chat by its title, by keyboard.
    await opened(tab);
    await field(tab).pressSequentially("lisb");
    await points(tab, `chat-${two.id}`);
    await tab.page.keyboard.press("Enter");
    await closed(tab);
    await tab.page.waitForURL(`**/c/${two.id}`);

    // A model for this chat, by mouse.
    await tab.action("search").click();
    await field(tab).fill("haiku");
    await choice(tab, `model-${MODELS.messages}`).click();
    await closed(tab);
    await tab.action("model").filter({ hasText: "Haiku" }).waitFor();
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "search",
    );

    // A command, which opens another dialog; the focus comes back to where it was first.
    await tab.composer.focus();
    await opened(tab);
    await field(tab).fill("keyboard");
    await points(tab, "command-shortcuts");
    await tab.page.keyboard.press("Enter");
    await tab.page.locator(".shortcuts[open]").waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".shortcuts").waitFor({ state: "detached" });
    assertEquals(await tab.page.evaluate(() => document.activeElement?.id), "composer");

    // What was put away is a command away, too.
    for (
      const [words, name, says] of [["archive", "archive", "Archive"], ["restore", "trash", "Trash"]] as const
    ) {
      await opened(tab);
      await field(tab).fill(words);
      await points(tab, `command-${name}`);
      await tab.page.keyboard.press("Enter");
      await tab.page.locator(".kept[open] h2", { hasText: says }).waitFor();
      await tab.page.keyboard.press("Escape");
      await tab.page.locator(".kept").waitFor({ state: "detached" });
    }

    // With Ctrl, a chat of its own tab.
    await opened(tab);
    await field(tab).fill("sourdough");
    const [aside] = await Promise.all([
      context.waitForEvent("page"),
      choice(tab, `chat-${one.id}`).click({ modifiers: ["Control"] }),
    ]);
    await aside.waitForURL(`**/c/${one.id}`);
    assertEquals(await field(tab).inputValue(), "sourdough");
    await tab.page.keyboard.press("Escape");

    // Deleted from here, and taken back.
    await opened(tab);
    await field(tab).fill("delete");
    await tab.page.keyboard.press("Enter");
    await tab.page.locator(".toast", { hasText: "Deleted “Travel to Lisbon”" }).waitFor();
    await tab.action("notice").click();
    await tab.page.locator(`[data-conversation-id="${two.id}"]`).waitFor();
  });
});

Deno.test("K3: what comes late for other words is dropped, a failure can be tried again, an incomplete search says so, and more comes on demand", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  await livedThrough(server.kvPath, api.userId, 3, 40, (c, i) => `needle number ${c} ${i}`);
  await withBrowser(async (browser) => {
    browser.expect(/status of 500/);
    browser.expect(NETWORK_DOWN);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, server.url);
    const messages = tab.page.locator('[data-shelf="messages"] [role="option"]');
    const status = tab.page.locator(".palette .found");

    // The first answer is held until the second is here.
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await tab.page.route(/\/api\/search\?q=number$/, async (route) => {
      asked.resolve();
      await held.promise;
      await route.fulfill({
        json: { hits: [{ ...HIT, excerpt: "number late", ranges: [] }], nextCursor: null, complete: true },
      });
    });
    await opened(tab);
    await field(tab).fill("number");
    await asked.promise;
    await status.filter({ hasText: "Searching" }).waitFor();
    await field(tab).fill("needle");
    await messages.first().waitFor();
    const late = tab.page.waitForResponse((response) => response.url().endsWith("q=number"));
    held.resolve();
    await (await late).finished();
    assertEquals(await messages.filter({ hasText: "late" }).count(), 0);

    // Pages, by keyboard.
    const first = await messages.count();
    assert(first > 0 && first < 120, `${first} hits on the first page`);
    await tab.page.keyboard.press("End");
    await points(tab, "more");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForFunction(
      (first) => document.querySelectorAll('[data-shelf="messages"] [role="option"]').length > first,
      first,
    );
    assertEquals(
      new Set(await messages.evaluateAll((all) => all.map((one) => one.dataset.choice))).size,
      await messages.count(),
    );

    // Nothing, and one letter.
    await field(tab).fill("nowhere");
    await status.filter({ hasText: "Nothing has “nowhere”." }).waitFor();
    await field(tab).fill("q");
    await status.filter({ hasText: "One more letter" }).waitFor();

    // Not in time.
    let complete = false;
    await tab.page.route(/\/api\/search\?q=slow$/, (route) =>
      route.fulfill({
        json: { hits: complete ? [HIT] : [], nextCursor: null, complete },
      }));
    await field(tab).fill("slow");
    await status.filter({ hasText: "Not everything could be searched in time" }).waitFor();
    complete = true;
    await choice(tab, "again").click();
    await choice(tab, `message-${HIT.messageId}`).waitFor();
    await status.filter({ hasText: "1 found." }).waitFor();

    // A failure.
    let fails = true;
    await tab.page.route(
      /\/api\/search\?q=broken$/,
      (route) =>
        fails ? route.fulfill({ status: 500, body: "" }) : route.fulfill({
          json: { hits: [HIT], nextCursor: null, complete: true },
        }),
    );
    await field(tab).fill("broken");
    await status.filter({ hasText: "The search failed." }).waitFor();
    await screenshot(tab.page, "palette-failed");
    fails = false;
    await points(tab, "again");
    await tab.page.keyboard.press("Enter");
    await choice(tab, `message-${HIT.messageId}`).waitFor();
  });
});

const HIT = {
  conversationId: crypto.randomUUID(),
  title: "Some chat",
  messageId: crypto.randomUUID(),
  role: "user",
  createdAt: 1_700_000_000_000,
  excerpt: "slow and broken",
  ranges: [[0, 4]],
};

Deno.test("K3: on a phone the search is in the drawer; the palette fits 320 px in both themes", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "5000" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour", title: "A tour of what there is" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);
  await withBrowser(async (browser) => {
    for (const [size, viewport] of Object.entries({ phone: PHONE, narrowest: NARROWEST, desktop: DESKTOP })) {
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.context({
          session: { url: server.url, cookie: api.cookie },
          viewport,
          colorScheme,
          touch: size !== "desktop",
        });
        const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
        if (size !== "desktop") await tab.action("menu").tap();
        const button = tab.action("search");
        assert((await button.boundingBox())!.height >= (size === "desktop" ? 24 : 44));
        await button.click();
        await field(tab).waitFor();
        console.log(await screenshot(tab.page, `palette-empty-${size}-${colorScheme}`));
        await field(tab).fill("show");
        await tab.page.locator('[data-shelf="messages"] mark').first().waitFor();
        console.log(await screenshot(tab.page, `palette-${size}-${colorScheme}`));
        for (const box of ["html", ".palette", ".choices"]) {
          const { scrollWidth, clientWidth } = await tab.page.locator(box).evaluate((
            { scrollWidth, clientWidth },
          ) => ({ scrollWidth, clientWidth }));
          assert(scrollWidth <= clientWidth, `${box} is ${scrollWidth} of ${clientWidth} px wide`);
        }
        if (size !== "desktop") {
          for (const row of await tab.page.locator(".choice").all()) {
            assert((await row.boundingBox())!.height >= 44);
          }
        }
        await tab.page.locator('[data-shelf="messages"] [role="option"]').first().click();
        await tab.page.waitForFunction(() => CSS.highlights.has("found"));
        console.log(await screenshot(tab.page, `found-${size}-${colorScheme}`));
        await context.close();
      }
    }
  });
});

Deno.test("M6, M12: what is not loaded is found, gone to, and listed", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const said = (_: number, i: number) => i === 3 ? `${long("Early")}\n\n${NEEDLE}` : `Said ${i}`;
  const [id = ""] = await livedThrough(server.kvPath, api.userId, 1, 100, said);
  const { messages } = await api.read(id);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    assert(await tab.page.locator("article").count() < 100);
    await opened(tab);
    await field(tab).fill(NEEDLE);
    await choice(tab, `message-${messages[3]!.id}`).click();
    await tab.page.waitForFunction(() => CSS.highlights.has("found"));
    assertEquals(await highlighted(tab), [NEEDLE]);
    assert(await isInView(tab), "the word is in view");
    assertEquals(await focused(tab), messages[3]!.id);

    const other = await ChatPage.open(context, `${server.url}/c/${id}`);
    await other.page.locator("body[data-keys]").waitFor({ state: "attached" });
    const questions = other.page.locator('[data-shelf="questions"] [role="option"]');
    await other.action("outline").click();
    await questions.first().waitFor();
    const here = await questions.count();
    assert(here < 50, `${here} questions`);
    await choice(other, "earlier").click();
    await other.page.waitForFunction(
      (here) => document.querySelectorAll('[data-shelf="questions"] [role="option"]').length > here,
      here,
    );
    await other.page.keyboard.press("Escape");
    // On, question by question, over the edge of what is loaded.
    const found = () =>
      other.page.evaluate(() =>
        document.querySelector("article[data-found]")?.getAttribute("data-message-id")
      );
    const met: unknown[] = [];
    while (met.at(-1) !== messages[0]!.id) {
      await other.page.keyboard.press("Alt+ArrowUp");
      await other.page.waitForFunction(
        (last) => {
          const found = document.querySelector("article[data-found]")?.getAttribute("data-message-id");
          return found != null && found !== last;
        },
        met.at(-1),
      );
      met.push(await found());
    }
    const upwards = messages.filter(({ role }) => role === "user").map(({ id }) => id).reverse();
    assertEquals(met, upwards.slice(-met.length), "each question once, and none passed over");
  });
});
