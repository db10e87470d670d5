// What waits above the composer, changed by mouse, by keyboard and by finger.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { PHONE, screenshot, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** What a finger needs, in pixels. */
const TARGET_PX_MIN = 44;

Deno.test("queued messages are edited, removed and sent at once, and a second tab sees each change", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  const session = { url: server.url, cookie: api.cookie };
  await withBrowser(async (browser) => {
    const context = await browser.context({ session });
    const [tab, other] = [await ChatPage.open(context, address), await ChatPage.open(context, address)];
    const chips = (at: ChatPage) => at.page.locator("[data-queued]");
    const chip = (at: ChatPage, text: string) => chips(at).filter({ hasText: text });
    await tab.send("Tell me a long story");
    const story = await fake.next();
    await story.send("Once upon a time");
    for (const text of ["second", "third", "fourth"]) {
      await tab.send(text);
      await chip(other, text).waitFor();
    }

    // By mouse. The draft steps aside for the edit, and comes back.
    await tab.composer.fill("a draft");
    await chip(tab, "second").locator('[data-action="edit-queued"]').click();
    await composerSays(tab, "second");
    await tab.composer.fill("second, edited");
    await tab.action("save").click();
    await chip(other, "second, edited").waitFor();
    await tab.page.locator('[data-editing="true"]').waitFor({ state: "detached" });
    await composerSays(tab, "a draft");

    // By keyboard: ArrowUp edits the last one, Escape leaves it, and stops nothing.
    await tab.composer.fill("");
    await tab.composer.press("ArrowUp");
    await composerSays(tab, "fourth");
    await screenshot(tab.page, "queue-editing");
    await tab.composer.press("Escape");
    await composerSays(tab, "");
    await tab.composer.press("ArrowUp");
    await composerSays(tab, "fourth");
    await tab.composer.fill("fourth, edited");
    await tab.composer.press("Enter");
    await chip(other, "fourth, edited").waitFor();
    assertEquals(await chips(other).count(), 3);

    await chip(other, "third").getByRole("button", { name: "Remove from the queue" }).press("Enter");
    await chip(tab, "third").waitFor({ state: "detached" });

    // The last goes first: the story stops, and the model is asked the last one.
    await chip(tab, "fourth, edited").getByRole("button", { name: /Send now/ }).click();
    await story.closed;
    const fourth = await fake.next();
    await chip(other, "fourth, edited").waitFor({ state: "detached" });
    await fourth.send("Fourth.");
    await fourth.end();
    const second = await fake.next();
    await second.send("Second.");
    await second.end();
    await other.textThat((text) => text === "Second.");
    assertEquals(await chips(other).count(), 0);

    const { messages } = await api.read(conversation.id);
    const said = messages.filter(({ role }) => role === "user").map(({ status }) => status);
    assertEquals(said, ["complete", "complete", "cancelled", "complete"]);

    // On a phone, each of the three is a target for a finger, and the page still fits.
    await tab.send("Another story");
    const running = await fake.next();
    await running.send("Once more");
    await tab.send(`a long message that waits ${"and waits ".repeat(20)}`);
    await chip(tab, "a long message").waitFor();
    const phone = await ChatPage.open(await browser.context({ session, viewport: PHONE }), address);
    await chip(phone, "a long message").waitFor();
    const buttons = await chips(phone).getByRole("button").all();
    assertEquals(buttons.length, 3);
    for (const button of buttons) {
      const { width, height } = (await button.boundingBox())!;
      assert(width >= TARGET_PX_MIN && height >= TARGET_PX_MIN, `a button of ${width} by ${height} px`);
    }
    await screenshot(phone.page, "queue-phone");
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(wide <= 0, `${wide} px too wide`);
    await api.cancel((await api.read(conversation.id)).conversation.queue[0]!.generationId);
    await phone.action("stop").click();
    await running.closed;
  });
});

/** Resolves when the composer has been given this text: a signal's effect comes with the next frame. */
async function composerSays(tab: ChatPage, text: string): Promise<void> {
  await tab.page.waitForFunction(
    (wanted) => document.querySelector<HTMLTextAreaElement>("textarea#composer")?.value === wanted,
    text,
  );
}
