// What a conversation is called: by the model that read it, until a person calls it something.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("M2: a title comes by itself to every open page, and never over one that a person gave", async () => {
  await using both = await startWithProvider({}, { env: { TITLES: "on" } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const titled = (tab: ChatPage, title: string) =>
      tab.page.waitForFunction(
        (title) => document.querySelector("#chat-title")?.textContent?.trim() === title,
        title,
      );
    for (const own of [null, "Bread, as my mother bakes it"]) {
      const { id } = await api.create({ model: MODELS.chat });
      const [tab, other] = [
        await ChatPage.open(context, `${server.url}/c/${id}`),
        await ChatPage.open(context, `${server.url}/c/${id}`),
      ];
      await tab.send("How do I bake bread?");
      const answer = await fake.next();
      await answer.send("With flour.");
      await answer.end();
      await tab.answerWith("complete");
      // The model is asked for a title, and has not answered yet.
      const title = await fake.next();
      assertStringIncludes(JSON.stringify(title.body), "How do I bake bread?");
      if (own !== null) {
        await api.patch(id, { title: own });
        for (const page of [tab, other]) await titled(page, own);
      }
      await title.send("Baking bread");
      await title.end();
      if (own !== null) {
        // Another answer marks the end of what could still have come of the title.
        await tab.send("And then?");
        const next = await fake.next();
        await next.send("Eat it.");
        await next.end();
        await tab.answers.nth(1).and(tab.page.locator('[data-status="complete"]')).waitFor();
      }
      for (const page of [tab, other]) {
        await titled(page, own ?? "Baking bread");
        await page.page.reload();
        await page.live();
        await titled(page, own ?? "Baking bread");
        await page.page.close();
      }
      assertEquals((await api.read(id)).conversation.titledBy, own === null ? "model" : "person");
    }
  });
});
