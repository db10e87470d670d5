// Reading while it streams: the reader's place, selection and focus are the reader's own.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** A paragraph of which a dozen fill any screen. */
function paragraph(i: number): string {
  return `Paragraph ${i}. ` + "The quick brown fox jumps over the lazy dog. ".repeat(6) + "\n\n";
}

Deno.test("the list follows the answer, until the reader scrolls up; then their place does not move", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({
      session: { url: server.url, cookie: api.cookie },
      viewport: PHONE,
    });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const list = tab.page.locator('[role="log"].log');
    const fromBottom = () => list.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight);
    await tab.send("Write a lot");
    const call = await fake.next();
    for (let i = 1; i <= 12; i++) await call.send(paragraph(i));
    await tab.textThat((text) => text.includes("Paragraph 12"));
    await tab.page.waitForFunction(() => {
      const el = document.querySelector('[role="log"].log')!;
      return el.scrollHeight - el.scrollTop - el.clientHeight < 4;
    });

    await list.hover();
    await tab.page.mouse.wheel(0, -600);
    await tab.action("jump").waitFor();
    // The wheel is smooth: the place is settled when two frames agree on it.
    const settled = await list.evaluate(async (el) => {
      for (let before = -1, frames = 0; before !== el.scrollTop && frames < 300; frames++) {
        before = el.scrollTop;
        await new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)));
      }
      return el.scrollTop;
    });
    for (let i = 13; i <= 24; i++) await call.send(paragraph(i));
    await tab.textThat((text) => text.includes("Paragraph 24"));
    assertEquals(await list.evaluate((el) => el.scrollTop), settled);
    assert(await fromBottom() > 600);

    await tab.action("jump").click();
    await call.send(paragraph(25));
    await call.end();
    await tab.answerWith("complete");
    await tab.page.waitForFunction(() => {
      const el = document.querySelector('[role="log"].log')!;
      return el.scrollHeight - el.scrollTop - el.clientHeight < 4;
    });
  });
});

Deno.test("a selection in what was said, and the focus, survive what is said next", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send("Go on");
    const call = await fake.next();
    await call.send("A finished paragraph.\n\nA growing");
    await tab.textThat((text) => text.includes("A growing"));
    const select = (words: string) =>
      tab.page.evaluate((words) => {
        const walker = document.createTreeWalker(document.querySelector('[data-role="assistant"]')!, 4);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const at = node.textContent!.indexOf(words);
          if (at >= 0) return getSelection()!.setBaseAndExtent(node, at, node, at + words.length);
        }
        throw new Error(`"${words}" is not there`);
      }, words);
    const selected = () => tab.page.evaluate(() => getSelection()!.toString());
    for (const words of ["finished paragraph", "A growing"]) {
      await select(words);
      for (let i = 0; i < 50; i++) await call.send(` word${words.length}x${i}`);
      await tab.textThat((text) => text.endsWith(`word${words.length}x49`));
      assertEquals(await selected(), words);
    }
    await tab.composer.focus();
    await call.send(" end.");
    await call.end();
    await tab.answerWith("complete");
    assertEquals(await tab.page.evaluate(() => document.activeElement?.id), "composer");
  });
});
