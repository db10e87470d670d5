// What was typed and attached and not yet sent: nothing that happens to the page, the session or the browser takes it away.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const NOTES = { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes\n") };

async function attach(page: Page, file = NOTES): Promise<void> {
  await page.locator('input[type="file"]').setInputFiles(file);
  await page.locator(`[data-file="${file.name}"][data-file-state="ready"]`).waitFor();
}

/** Resolves when the box and the files beside it are these. */
async function holds(page: Page, text: string, files: string[] = []): Promise<void> {
  await page.waitForFunction(([text, files]) => {
    const names = [...document.querySelectorAll("[data-file]")].map((one) => one.getAttribute("data-file"));
    return document.querySelector<HTMLTextAreaElement>("#composer")?.value === text && names.join() === files;
  }, [text, files.join()]);
}

/** All drafts that the browser keeps. */
function kept(page: Page): Promise<string> {
  return page.evaluate(() => JSON.stringify({ ...localStorage }));
}

Deno.test("C3: words and files wait in their chat while another is open and over a reload, and go only when the server has them", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Got it."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const [a, b] = [
    await api.create({ model: MODELS.chat, title: "A" }),
    await api.create({ model: MODELS.chat, title: "B" }),
  ];
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${a.id}`);
    const { page } = tab;
    const go = async (to: { id: string }) => {
      await page.locator(`.conversation a[href="/c/${to.id}"]`).click();
      await page.waitForURL(`${server.url}/c/${to.id}`);
    };
    await tab.composer.fill("about these");
    await attach(page);
    await go(b);
    await holds(page, "");
    await tab.composer.fill("something else");
    await page.reload();
    await tab.live();
    await holds(page, "something else");
    await go(a);
    await holds(page, "about these", ["notes.md"]);
    await page.reload();
    await tab.live();
    await holds(page, "about these", ["notes.md"]);

    const held = Promise.withResolvers<void>();
    await page.route("**/messages", async (route) => {
      await held.promise;
      await route.continue();
    });
    await tab.composer.press("Enter");
    await holds(page, "");
    await tab.questions.getByText("about these").waitFor();
    assertStringIncludes(await kept(page), "# Notes", "the server does not have it yet");
    held.resolve();
    await tab.answerWith("complete");
    await page.waitForFunction(() => !JSON.stringify({ ...localStorage }).includes("# Notes"));
    assertStringIncludes(await kept(page), "something else");
    const { messages } = fake.exchanges[0]!.body as { messages: { content: string }[] };
    assertEquals(messages.at(-1)!.content, 'about these\n\n```md file="notes.md"\n# Notes\n```');
  });
});

Deno.test("C3: when the session has ended, a message keeps its words and files, says so, and goes on in a new chat of a new session", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Hello again."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 401/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    const { page } = tab;
    await tab.composer.fill("Do not lose me");
    await attach(page);
    await context.clearCookies();
    await tab.composer.press("Enter");
    const bubble = page.locator('article[data-role="user"][data-status="failed"]');
    await bubble.getByText("Your session has ended").waitFor();
    const said = await bubble.innerText();
    for (
      const words of ["Do not lose me", "notes.md", "kept in this browser", "in a new session", "stay behind"]
    ) {
      assertStringIncludes(said, words);
    }
    assert(!/Bearer|cookie/.test(said), "what is said is for a person");
    await screenshot(page, "session-ended");
    await tab.composer.fill("and this");

    // A reload of the page would show nothing of it: it is another person's now.
    await bubble.locator('[data-action="start-over"]').click();
    await page.waitForURL(`${server.url}/`);
    await tab.live();
    await holds(page, "Do not lose me\n\nand this", ["notes.md"]);
    await tab.composer.press("Enter");
    assertEquals(await textOf(await tab.answerWith("complete")), "Hello again.");
    await page.waitForURL(/\/c\//);
    assert(!page.url().includes(id));
    assertEquals(fake.exchanges.length, 1);
    const { messages } = fake.exchanges[0]!.body as { messages: { content: string }[] };
    assertMatch(messages.at(-1)!.content, /^Do not lose me\n\nand this\n\n```md file="notes\.md"/);
    assertEquals((await api.read(id)).messages, []);
  });
});

Deno.test("C3: a chat that belongs to the session before, or is gone, gives up no words either; and Edit puts them back into the box", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 404/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    const { page } = tab;
    // Another tab has begun a new session meanwhile.
    await context.clearCookies();
    const other = await ChatPage.open(context, server.url);
    await tab.composer.fill("To whom?");
    await attach(page);
    await tab.composer.press("Enter");
    const bubble = page.locator('article[data-role="user"][data-status="failed"]');
    await bubble.getByText("This chat is not there any more").waitFor();
    await bubble.locator('[data-action="edit"]').click();
    await holds(page, "To whom?", ["notes.md"]);
    await tab.composer.press("Enter");
    await bubble.locator('[data-action="start-over"]').click();
    await page.waitForURL(`${server.url}/`);
    await tab.live();
    await holds(page, "To whom?", ["notes.md"]);
    await holds(other.page, "To whom?", ["notes.md"]);
  });
});

Deno.test("C3: a page that learns of its session's end before anything is sent takes the draft along to a new one", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/status of 401/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const page = await context.newPage();
    await page.route("**/api/events?*", (route) => route.fulfill({ status: 401 }));
    await page.goto(`${server.url}/c/${id}`);
    const line = page.locator('.status-line[data-link="stopped"]');
    await line.getByText("Your session has ended.").waitFor();
    await page.locator("#composer").fill("half a thought");
    await line.locator('[data-action="start-over"]').click();
    await page.waitForURL(`${server.url}/`);
    await holds(page, "half a thought");
  });
});

Deno.test("C3: two tabs of one chat write one draft: each shows what the other typed last, and neither writes over it", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const one = await ChatPage.open(context, `${server.url}/c/${id}`);
    const two = await ChatPage.open(context, `${server.url}/c/${id}`);
    await one.composer.fill("first");
    await attach(one.page);
    await holds(two.page, "first", ["notes.md"]);
    await two.composer.press("End");
    await two.composer.pressSequentially(" and second");
    await holds(one.page, "first and second", ["notes.md"]);
    await one.page.reload();
    await one.live();
    await holds(one.page, "first and second", ["notes.md"]);
    await one.composer.press("Enter");
    await holds(two.page, "");
    await two.answerWith("complete");
    assertEquals(await two.questions.count(), 1);
  });
});

Deno.test("C3: where the browser has no room, or forbids to keep anything, a draft lives as long as the page, and its person is told once", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const [a, b] = [await api.create({ model: MODELS.chat }), await api.create({ model: MODELS.chat })];
  await withBrowser(async (browser) => {
    for (const trouble of ["full", "forbidden"]) {
      const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
      await context.addInitScript((trouble) => {
        if (trouble === "full") {
          for (let size = 1 << 22; size >= 1; size >>= 1) {
            try {
              for (let i = 0; i < 4; i++) localStorage.setItem(`x${size}.${i}`, "x".repeat(size));
            } catch { /* full, for this size */ }
          }
        } else {
          Object.defineProperty(globalThis, "localStorage", {
            get() {
              throw new DOMException("Denied", "SecurityError");
            },
          });
        }
      }, trouble);
      const tab = await ChatPage.open(context, `${server.url}/c/${a.id}`);
      const { page } = tab;
      await tab.composer.pressSequentially("kept here");
      const told = page.locator(".toast").getByText("no room for drafts");
      await told.waitFor();
      assertEquals(await told.count(), 1, trouble);
      await page.locator(`.conversation a[href="/c/${b.id}"]`).click();
      await holds(page, "");
      await page.locator(`.conversation a[href="/c/${a.id}"]`).click();
      await holds(page, "kept here");
      await tab.composer.press("Enter");
      await tab.answerWith("complete");
      await holds(page, "");
      await context.close();
    }
  });
});
