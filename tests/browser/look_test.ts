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
          const widths = await tab.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert(widths[0]! <= widths[1]!, `${name} at ${viewport.width} px is ${widths[0]} px wide`);
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
