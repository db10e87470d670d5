// R7, R8: whatever a model writes, the page runs none of it, asks nobody else for anything, and goes on.
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { EVIL, HOSTILE, type Hostile, RAN, SHORT } from "../fixtures/hostile_markdown.ts";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import type { FakeProvider } from "../support/fake_provider/mod.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** Pieces of a short answer, each cut where it may hurt; a long one comes in fewer, larger ones. */
const PIECES = 24;
/** Of the answers on one page: each is laid out again with all that follow, and all of them at once in the end. */
const PAGE_CHARS_MAX = 200_000;
/** A page opens with the last thirty messages: half of them are answers. */
const PAGE_ANSWERS = 15;
/** Seconds on a machine that does nothing else. */
const PAGE_MS_MAX = 180_000;

/** The aim is 100 ms, which bench/ measures; this is for a machine on which others work too. */
const FROZEN_MS = 3_000;

/** Elements of the page's own that an answer may be made of. */
const ELEMENTS =
  ("p h3 h4 h5 h6 strong em del code pre br hr a ul ol li input blockquote div table thead tbody tr " +
    "th td figure figcaption button span svg rect path").split(" ");
const MATH = "http://www.w3.org/1998/Math/MathML";

/** What stands in the answers that no answer may make. */
function strangers(page: Page): Promise<string[]> {
  return page.evaluate(({ elements, math }) => {
    const found: string[] = [];
    for (const node of document.querySelectorAll("[data-text] *")) {
      const { localName, namespaceURI } = node;
      if (namespaceURI !== math && !elements.includes(localName)) found.push(`<${localName}>`);
      for (const { name, value } of node.attributes) {
        if (/^on|^src|^style$|^action$|^formaction$/i.test(name)) found.push(`${localName} ${name}`);
        if (name === "href" && !/^(https?|mailto):/.test(value)) found.push(`href ${value}`);
      }
    }
    return found;
  }, { elements: ELEMENTS, math: MATH });
}

/** Notes the tasks of a page that kept it from answering for longer than a person notices, from now on. */
async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: "longtask" });
  });
}

/** The corpus, as the pages that show it: the short texts on one, the large ones by themselves. */
function pages(): Hostile[][] {
  const pages: Hostile[][] = [];
  let chars = Infinity;
  for (const hostile of HOSTILE) {
    chars += hostile.source.length;
    if (chars > PAGE_CHARS_MAX || pages.at(-1)!.length === PAGE_ANSWERS) {
      pages.push([]);
      chars = hostile.source.length;
    }
    pages.at(-1)!.push(hostile);
  }
  return pages;
}

async function answerWith(tab: ChatPage, fake: FakeProvider, { name, source }: Hostile): Promise<void> {
  await tab.send(name);
  const call = await fake.next();
  const size = Math.ceil(source.length / PIECES);
  for (let from = 0; from < source.length; from += size) await call.send(source.slice(from, from + size));
  await call.end();
  // A very long one is ended by the app itself.
  await tab.page.locator('article[data-role="assistant"]').last().and(
    tab.page.locator(':is([data-status="complete"], [data-status="failed"], [data-status="cancelled"])'),
  ).waitFor({ timeout: PAGE_MS_MAX }).catch((cause) => {
    throw new Error(`The answer with ${name} came to no end on the page`, { cause });
  });
}

Deno.test("R7, R8: no answer of the corpus runs a script, opens a dialog or asks another host, as it grows or at once", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const elsewhere: string[] = [];
    const dialogs: string[] = [];
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== "blob:" && origin !== server.url) elsewhere.push(request.url());
    });
    context.on("page", (page) =>
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      }));
    assert(HOSTILE.length >= 40, `the corpus has ${HOSTILE.length} texts`);
    const longest: { ms: number; with: string }[] = [];
    for (const some of pages()) {
      const { id } = await api.create({ model: MODELS.chat });
      const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
      const well = async (when: string) => {
        const what = `${when}, with ${some.map(({ name }) => name).join("; ")}`;
        assertEquals(await tab.page.evaluate((ran) => ran in globalThis, RAN), false, what);
        assertEquals(await strangers(tab.page), [], what);
        assertEquals({ elsewhere, dialogs }, { elsewhere: [], dialogs: [] }, what);
      };
      await watchTasks(tab.page);
      for (const hostile of some) {
        await answerWith(tab, fake, hostile);
        const tasks = await tab.page.evaluate(() =>
          (globalThis as unknown as { tasks: number[] }).tasks.splice(0)
        );
        longest.push({ ms: Math.max(0, ...tasks), with: hostile.name });
      }
      await well("as it grew");
      await tab.page.reload({ waitUntil: "domcontentloaded", timeout: PAGE_MS_MAX });
      await tab.live(PAGE_MS_MAX);
      await well("at once");
      assertEquals(await tab.answers.count(), some.length);
      await tab.page.close();
    }
    longest.sort((a, b) => b.ms - a.ms);
    console.log("longest tasks of a page while the answer came, with all else that this machine does:");
    for (const one of longest.slice(0, 5)) console.log(`${one.ms.toFixed(0).padStart(6)} ms  ${one.with}`);
    assert(longest[0]!.ms < FROZEN_MS, `"${longest[0]!.with}" stopped the page for ${longest[0]!.ms} ms`);
  });
});

Deno.test("R8: an image is asked for when a person opens it, in a tab of its own that cannot reach back", async () => {
  await using both = await startWithProvider({
    auto: async (call) => {
      await call.send(SHORT.find(({ name }) => name === "an image")!.source);
      await call.end();
    },
  });
  const { server } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const asked: string[] = [];
    await context.route(`https://${EVIL}/**`, (route) => {
      asked.push(route.request().url());
      return route.fulfill({ contentType: "text/plain", body: "" });
    });
    const tab = await ChatPage.open(context, `${server.url}/c/${id}`);
    await tab.send("Show me");
    const link = (await tab.answerWith("complete")).locator("a.image");
    assertEquals(await link.textContent(), `Open image: x (${EVIL}, new tab)`);
    assertEquals(asked, []);
    const [opened] = await Promise.all([context.waitForEvent("page"), link.click()]);
    await opened.waitForLoadState();
    assertEquals(asked, [`https://${EVIL}/?q=secret`]);
    assert(
      await opened.evaluate(() => opener === null && document.referrer === ""),
      "it knows nothing of us",
    );
  });
});
