// Watching from a second device: the same answer, live, and where it was asked for.
import { assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf as shownText } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("Second device: another browser shows the same live answer without a reload, marked with who asked; the asking one has no mark", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  const session = { url: server.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const desk = await ChatPage.open(await browser.context({ session }), address);
    const phone = await ChatPage.open(await browser.context({ session, viewport: PHONE }), address);
    const mark = (tab: ChatPage) => tab.page.locator("[data-asked-on]");

    await desk.send("Are you there?");
    const call = await fake.next();
    // Before the first word, and after it.
    await mark(phone).waitFor();
    assertEquals(await mark(phone).textContent(), "Asked on Chrome on Linux");
    await call.send("One live answer");
    await phone.textThat((text) => text === "One live answer");
    await mark(phone).waitFor();
    await desk.textThat((text) => text === "One live answer");
    assertEquals(await mark(desk).count(), 0);

    // Opened in mid-answer: what was said so far is in the first paint, and it goes on.
    const paper = await (await browser.context({ session, javaScript: false })).newPage();
    await paper.goto(address);
    assertEquals(await shownText(paper.locator('article[data-role="assistant"]').last()), "One live answer");
    assertEquals(await paper.locator("[data-asked-on]").count(), 0); // the server does not know whose browser it is
    const late = await ChatPage.open(await browser.context({ session }), address);
    await mark(late).waitFor();
    const sibling = await ChatPage.open(desk.page.context(), address);
    assertEquals(await mark(sibling).count(), 0);
    await call.send(", for everybody");
    for (const tab of [desk, phone, late, sibling]) {
      await tab.textThat((text) => text === "One live answer, for everybody");
    }

    await call.end();
    for (const tab of [desk, phone, late]) await tab.answerWith("complete");
    assertEquals(await mark(phone).count(), 0);
    // The provider was told nothing of it, and whoever asks by the API need not say where.
    assertEquals(/askedFrom|Chrome on Linux/.test(JSON.stringify(call.body)), false);
    await api.send(conversation.id, { text: "By the API" });
    const second = await fake.next();
    await second.send("Yes");
    await phone.textThat((text) => text === "Yes");
    assertEquals([await mark(phone).count(), await mark(desk).count()], [0, 0]);
    await second.end();
    const { messages } = await api.read(conversation.id);
    assertEquals(messages.map(({ askedFrom }) => askedFrom?.name), [
      undefined,
      "Chrome on Linux",
      undefined,
      undefined,
    ]);
  });
});
