// The page fits, follows the theme, and waits visibly. The pictures are for a person to look at.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { DESKTOP, PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { AppServer } from "../support/server.ts";

const NARROWEST = { width: 320, height: 640 };

Deno.test("the page never scrolls sideways, from 320 px to a desktop, light and dark", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const { reply } = await api.send(conversation.id, { text: "What can you show?" });
  await api.finished(conversation.id, reply.messageId);
  const session = { url: server.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const backgrounds = new Set<string>();
    for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, narrowest: NARROWEST })) {
      for (const colorScheme of ["light", "dark"] as const) {
        const context = await browser.context({ session, viewport, colorScheme });
        for (const [name, path] of Object.entries({ empty: "/", chat: `/c/${conversation.id}` })) {
          const tab = await ChatPage.open(context, server.url + path);
          console.log(await screenshot(tab.page, `${name}-${size}-${colorScheme}`));
          // Neither the page nor the list in it; only code and tables may scroll, in boxes of their own.
          for (const box of ["html", ".log"]) {
            const { scrollWidth, clientWidth } = await tab.page.locator(box).evaluate((
              { scrollWidth, clientWidth },
            ) => ({ scrollWidth, clientWidth }));
            const what = `${box} of ${name} at ${viewport.width} px is ${scrollWidth} px wide`;
            assert(scrollWidth <= clientWidth, what);
          }
          assert(await tab.composer.isVisible());
          if (name === "chat") {
            backgrounds.add(await tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor));
          }
        }
        await context.close();
      }
    }
    assertEquals(backgrounds.size, 2, `light and dark differ: ${[...backgrounds].join(" and ")}`);
  });
});
