// Nothing jumps while an answer is written: not the page, and not what its reader looks at.
import { assertEquals, assertLess } from "@std/assert";
import type { Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { DESKTOP, PHONE, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { longChat } from "../support/long_chat.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

const CLS_MAX = 0.02;

interface Shift {
  value: number;
  of: string[];
}

/** Has the page note what the browser sees move without a person's doing. */
async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shifts: Shift[] = [];
    Object.assign(globalThis, { shifts });
    const note = (entries: PerformanceEntryList) => {
      for (const entry of entries) {
        const { value, hadRecentInput, sources } = entry as unknown as {
          value: number;
          hadRecentInput: boolean;
          sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
        };
        if (hadRecentInput) continue;
        const of = sources.map(({ node, previousRect, currentRect }) =>
          `${(node as Element | null)?.outerHTML?.slice(0, 120)} from ${previousRect.y} to ${currentRect.y}`
        );
        shifts.push({ value, of });
      }
    };
    new PerformanceObserver((list) => note(list.getEntries())).observe({ type: "layout-shift" });
  });
}

async function shiftsOf(page: Page): Promise<Shift[]> {
  // The observer is told after the frame.
  await page.evaluate(() =>
    new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(frame))))
  );
  return await page.evaluate(() => (globalThis as unknown as { shifts: Shift[] }).shifts);
}

const THOUGHT = "They want to know how it works, so I think about that for a while. ".repeat(4) + "\n\n";
const ANSWER = [
  "## How it works\n\n",
  "The **first** part is simple, and the second follows from it. ".repeat(6) + "\n\n",
  "- one thing\n- another thing, with `code`\n- a third\n\n",
  "```ts\nexport const answer = 42;\nconsole.log(answer);\n```\n\n",
  "| what | how much |\n| --- | ---: |\n| much | 1 |\n| more | 2 |\n\n",
  "And that is all there is to say about it. ".repeat(8),
];

Deno.test("T10: a whole stream with thoughts that fold away moves nothing by itself, on a phone and on a desk", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    for (const viewport of [PHONE, DESKTOP]) {
      for (const before of [0, 4]) {
        const { conversation } = await longChat(server.kvPath, api, { count: before, model: MODELS.chat });
        const context = await browser.context({
          session: { url: server.url, cookie: api.cookie },
          viewport,
        });
        const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
        await watchShifts(tab.page);
        // Asked elsewhere: what moves soon after an input is forgiven.
        await api.send(conversation.id, { text: "How does it work?" });
        const call = await fake.next();
        for (let i = 0; i < 12; i++) await call.reason(THOUGHT);
        await tab.page.locator(".reasoning[data-growing=true]").waitFor();
        for (const part of ANSWER) {
          for (let at = 0; at < part.length; at += 40) await call.send(part.slice(at, at + 40));
        }
        await tab.textThat((text) => text.includes("And that is all"));
        assertEquals(await tab.page.locator(".reasoning").getAttribute("open"), null);
        await call.end();
        await tab.answerWith("complete");
        const shifts = await shiftsOf(tab.page);
        const total = shifts.reduce((sum, { value }) => sum + value, 0);
        const worst = shifts.toSorted((a, b) => b.value - a.value).slice(0, 3);
        assertLess(total, CLS_MAX, JSON.stringify(worst, null, 1));
        await context.close();
      }
    }
  });
});

Deno.test("T10: a reader who has scrolled up looks at the same words when the thoughts end, the answer grows and it ends", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const { conversation } = await longChat(server.kvPath, api, { count: 6, model: MODELS.chat });
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await api.send(conversation.id, { text: "How does it work?" });
    const call = await fake.next();
    for (let i = 0; i < 12; i++) await call.reason(THOUGHT);
    const thoughts = tab.page.locator(".reasoning");
    await thoughts.waitFor();
    const words = thoughts.locator("p").nth(3);
    await words.waitFor();
    const list = tab.page.locator('[role="log"].log');
    await list.hover();
    await list.evaluate((el) => el.scrollTop -= 700);
    await tab.action("jump").waitFor();
    const placeOf = () => words.evaluate((el) => el.getBoundingClientRect().top);
    const before = await placeOf();
    for (const part of ANSWER) await call.send(part);
    await tab.textThat((text) => text.includes("And that is all"));
    assertLess(Math.abs(await placeOf() - before), 2);
    await call.end();
    await tab.answerWith("complete");
    assertLess(Math.abs(await placeOf() - before), 2);
  });
});
