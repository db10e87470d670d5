// One conversation, three vendors: each wire format, from the provider's socket to the page.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { FAKE_KEY, MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("an answer in each vendor's wire format reaches the page, markup and all", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { models } = await api.models();
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    for (const [format, model] of Object.entries(MODELS)) {
      const conversation = await api.create({ model });
      const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
      await tab.send(`Speak ${format}`);
      const call = await fake.next();
      assertEquals(call.api, format);
      assertStringIncludes(`${call.headers.get("authorization")} ${call.headers.get("x-api-key")}`, FAKE_KEY);
      assertStringIncludes(JSON.stringify(call.body), `Speak ${format}`);
      call.usage({ fresh: 7, output: 5 });
      for (const token of ["Here is **bo", "ld** and `co", "de` 👋🏽, <b>not", " markup</b>."]) {
        await call.send(token);
      }
      await call.end();
      const answer = await tab.answerWith("complete");
      assertEquals(await textOf(answer), "Here is bold and code 👋🏽, <b>not markup</b>.");
      assertEquals(await answer.locator("strong").textContent(), "bold");
      assertEquals(await answer.locator("code").textContent(), "code");
      const { name } = models.find(({ id }) => id === model)!;
      const footer = await answer.locator("footer").textContent() ?? "";
      for (const fact of [name, "7 in", "5 out"]) assertStringIncludes(footer, fact);
      await tab.page.close();
    }
  });
});
