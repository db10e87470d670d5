// The server dies in mid-answer, under an open page.
import { assert, assertEquals } from "@std/assert";
import { Api } from "../support/api.ts";
import { NETWORK_DOWN, withBrowser } from "../support/browser.ts";
import { ChatPage, textOf } from "../support/chat_page.ts";
import { countedIn, countTo } from "../support/count.ts";
import { AppServer } from "../support/server.ts";

const N = 200;

Deno.test("M1: after SIGKILL in mid-answer whoever opens the conversation finds all but the last second of it, and nobody else finds it", async () => {
  const tokensPerSecond = 50;
  await using server = await AppServer.start({
    // The answer stays where it was cut off: no process takes it over while we look.
    env: { DEMO_TOKENS_PER_SECOND: String(tokensPerSecond), LEASE_MS: "60000" },
  });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  const address = `${server.url}/c/${conversation.id}`;
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    browser.expect(/status of 404/);
    const session = { url: server.url, cookie: api.cookie };
    const tab = await ChatPage.open(await browser.context({ session }), address);
    await tab.send("count to 1000");
    await tab.textThat((text) => countedIn(text) >= 100);
    await server.kill("SIGKILL");
    const shown = countedIn(await tab.text());
    await tab.page.close();
    await server.restart();

    const paper = await (await browser.context({ session, javaScript: false })).newPage();
    await paper.goto(address);
    const said = await textOf(paper.locator('article[data-role="assistant"]').last());
    assert(countedIn(said) >= shown - tokensPerSecond, `${countedIn(said)} of ${shown} are there`);
    assertEquals(said, countTo(countedIn(said)));
    assertEquals(await paper.locator('article[data-role="user"]').count(), 1);

    const stranger = await (await browser.context()).newPage();
    assertEquals((await stranger.goto(address))?.status(), 404);
    assert(!(await stranger.content()).includes("1 2 3"), "a stranger reads nothing of it");
  });
});

Deno.test("P4: after SIGKILL in mid-answer and a restart, the open page finishes the answer by itself", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "100", LEASE_MS: "2000" } });
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: "demo/tour" });
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    await tab.send(`count to ${N}`);
    await tab.textThat((text) => countedIn(text) >= 50);
    await server.kill("SIGKILL");
    assert(countedIn(await tab.text()) >= 50, "what was said stays on the page");
    await server.restart();

    const answer = await tab.answerWith("complete");
    assertEquals(await textOf(answer), countTo(N));
    // The demo can go on where it was: no word is said again, and one calm line says what happened.
    assertEquals(await answer.getAttribute("data-attempt"), "1");
    assertEquals(await answer.getByText("Went on after an interruption").count(), 1);
    assertEquals(await tab.questions.count(), 1);
    await tab.page.reload();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(N));
  });
});
