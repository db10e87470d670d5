// Where a conversation is long, a summary stands for its beginning: a person sees where, reads it and changes it.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

Deno.test("X3: a summary is a divider after the last message that it covers, read and changed in place, in every tab", async () => {
  await using both = await startWithProvider({ auto: { tokens: ["Yes."] } });
  const { server } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  for (const text of ["My name is Ada.", "And now?"]) {
    const { reply } = await api.send(conversation.id, { text });
    await api.finished(conversation.id, reply.messageId);
  }
  const [, first] = (await api.read(conversation.id)).messages;
  const path = `/api/conversations/${conversation.id}/summaries/${first!.id}`;
  await withBrowser(async (browser) => {
    browser.expect(/status of 400/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    const divider = tab.page.locator("[data-summary]");
    assertEquals(await divider.count(), 0);
    await (await api.request("PUT", path, { text: "They are Ada." })).body?.cancel();
    await divider.waitFor();
    assertEquals(
      await divider.evaluate((el) => (el.previousElementSibling as HTMLElement).dataset.messageId),
      first!.id,
    );
    assertStringIncludes(await divider.innerText(), "edited");

    await divider.locator("summary").press("Enter");
    await divider.getByText("They are Ada.").waitFor({ state: "visible" });
    await tab.action("edit-summary").press("Enter");
    const box = divider.getByRole("textbox", { name: "Summary" });
    await box.waitFor();
    assert(await box.evaluate((el) => el === document.activeElement));
    await box.fill("They are Ada, who writes programs.");
    await tab.page.route(`**${path}`, (route) =>
      route.fulfill({
        status: 400,
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "invalid", detail: "It is too clever.", requestId: "r" }),
      }));
    await tab.action("save-summary").press("Enter");
    await divider.getByText("It is too clever.").waitFor();
    assertEquals(await box.inputValue(), "They are Ada, who writes programs.");
    await tab.page.unroute(`**${path}`);
    await screenshot(tab.page, "summary");
    await tab.action("save-summary").press("Enter");
    await box.waitFor({ state: "detached" });
    assertEquals(
      await tab.page.evaluate(() => document.activeElement?.getAttribute("data-action")),
      "edit-summary",
    );
    await other.page.locator("[data-summary]", { hasText: "who writes programs" }).waitFor();
    await divider.getByText("who writes programs").waitFor({ state: "visible" });

    const phone = await ChatPage.open(
      await browser.context({ session: { url: server.url, cookie: api.cookie }, viewport: PHONE }),
      address,
    );
    await phone.page.locator("[data-summary]").waitFor();
    assert(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });
});
