// The page that the server sent, and what the browser makes of it: the same, node for node.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { startApp } from "../support/app.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";

/** The HTML of an element, its formulas empty and its code without colours: those come when the page is idle. Its times
 * are empty too: the server does not know in which zone and language its reader reads them. */
function asSent(element: Element): string {
  const copy = element.cloneNode(true) as Element;
  for (const formula of copy.querySelectorAll("[data-formula]")) {
    formula.removeAttribute("data-formula");
    formula.replaceChildren();
  }
  for (const code of copy.querySelectorAll("pre code")) code.replaceChildren(code.textContent);
  for (const when of copy.querySelectorAll("time.when")) {
    when.removeAttribute("title");
    when.replaceChildren();
  }
  return copy.innerHTML;
}

Deno.test("K4: islands take over a conversation as it was sent, from a cold server and from one that kept its texts", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create({ title: "A tour" });
  for (const text of ["What can you show?", "count to 20"]) {
    const { reply } = await api.send(id, { text });
    await api.finished(id, reply.messageId);
  }
  // One that was stopped offers to go on.
  const { reply } = await api.send(id, { text: "count to 100000" });
  await api.cancel(reply.generationId);
  await api.finished(id, reply.messageId);
  const url = `${app.url}/c/${id}`;
  const session = { url: app.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const plain = await (await browser.context({ session, javaScript: false })).newPage();
    const context = await browser.context({ session });
    // What changes in the conversation once the parser has put it there: before that, no module runs.
    await context.addInitScript(() => {
      const changes: string[] = [];
      Object.assign(globalThis, { changes });
      document.addEventListener("readystatechange", () => {
        new MutationObserver((records) => {
          for (const { type, attributeName, target } of records) {
            const element = target instanceof Element ? target : target.parentElement;
            if (element?.closest("[data-formula], pre, time.when")) continue; // set, coloured and said afterwards
            changes.push(`${type} ${attributeName ?? ""} of ${target.nodeName}`);
          }
        }).observe(document.querySelector(".thread")!, {
          subtree: true,
          childList: true,
          characterData: true,
          attributes: true,
        });
      }, { once: true });
    });
    for (const visit of ["first", "second"]) {
      await plain.goto(url);
      const sent = await plain.locator(".thread").evaluate(asSent);
      assert(sent.includes('<div class="table"'), "the tour has a table");
      const tab = await ChatPage.open(context, url);
      assertEquals(await tab.page.evaluate(() => Reflect.get(globalThis, "changes")), [], visit);
      assertEquals(await tab.page.locator(".thread").evaluate(asSent), sent, visit);
      // What answers a press is alive.
      await tab.action("copy").first().click();
      await tab.page.locator('[data-action="copy"][title^="Cop"]:not([title="Copy message"])').waitFor();
      await tab.page.close();
    }
  });
});
