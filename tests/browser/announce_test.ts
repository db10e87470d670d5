// What is told of an answer to those who do not look at it: by a screen reader, by a title, by a notification, by a clock.
import type { BrowserContext, Page } from "playwright-core";
import { assert, assertEquals } from "@std/assert";
import { DEVICE_COOKIE } from "../../lib/protocol/device.ts";
import { Api } from "../support/api.ts";
import { withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** What each announcer said so far, one text for each change; an empty text is silence. */
type Said = Record<"status" | "reply" | "alert", string[]>;

async function listen(page: Page): Promise<() => Promise<Said>> {
  // What tells is loaded when the page is alive.
  await page.locator("body[data-accompanied]").waitFor();
  await page.evaluate(() => {
    const said: Record<string, string[]> = { status: [], reply: [], alert: [] };
    Object.assign(globalThis, { said });
    for (const name of Object.keys(said)) {
      const region = document.querySelector(`[data-announcer="${name}"]`)!;
      const hear = () => region.textContent !== "" && said[name]!.push(region.textContent!);
      new MutationObserver(hear).observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: Said }).said);
}
const saidWhen = (page: Page, name: keyof Said, holds: string) =>
  page.waitForFunction(
    ([name, holds]) =>
      (globalThis as unknown as { said: Record<string, string[]> }).said[name]!.some((text) =>
        text.includes(holds)
      ),
    [name, holds] as const,
  );

const ANSWER = [
  "Here is **some code**:\n\n",
  "```ts\n" + "const a = 1;\n".repeat(12) + "```\n\n",
  "Then " + "word ".repeat(180) + "and the end.",
];

Deno.test("K4: of a stream a screen reader hears little while it goes on, and its text once at the end; the focus stays", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  const address = `${server.url}/c/${conversation.id}`;
  const html = await (await fetch(address, { headers: { cookie: api.cookie } })).text();
  for (const name of ["status", "reply", "alert"]) assert(html.includes(`data-announcer="${name}"`));
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(address);
    const tab = await ChatPage.over(page);
    const said = await listen(page);
    await tab.composer.focus();
    await tab.send("Write code");
    const call = await fake.next();
    await page.evaluate(() => {
      const moved: string[] = [];
      Object.assign(globalThis, { moved });
      document.addEventListener(
        "focusin",
        (event) => moved.push((event.target as Element).outerHTML.slice(0, 80)),
      );
      document.addEventListener(
        "focusout",
        (event) => moved.push((event.target as Element).outerHTML.slice(0, 80)),
      );
    });
    const seconds = 28;
    const pieces = ANSWER.flatMap((part) => part.match(/\S+\s*/g)!);
    for (const [i, piece] of pieces.entries()) {
      await call.send(piece);
      if (i % 60 === 59) {
        await tab.textThat((text) => text.length > 0);
        await page.clock.runFor(7_000);
      }
    }
    const list = page.locator('[role="log"].log');
    assertEquals(await list.getAttribute("aria-live"), "off");
    assertEquals(await list.getAttribute("aria-busy"), "true");
    assertEquals(await list.locator("[aria-live]:not([aria-live=off]), [role=alert]").count(), 0);
    const before = await said();
    assertEquals(before.status[0], "Sent. Generating.");
    assert(before.status.length <= 1 + Math.floor(seconds / 7), JSON.stringify(before.status));
    assert(
      before.status.slice(1).every((text) => /^Still generating, \d+ words?\.$/.test(text)),
      `${before.status}`,
    );
    assert(before.status.length >= 3, JSON.stringify(before.status));
    assertEquals([before.reply, before.alert], [[], []]);

    await call.end();
    await tab.answerWith("complete");
    await saidWhen(page, "reply", "and the end.");
    const after = await said();
    assertEquals(after.status.slice(before.status.length).map((text) => text.replace(/\d+/, "N")), [
      "Response complete, N words.",
    ]);
    assertEquals(after.reply.length, 1, "its text is added in one go");
    const text = after.reply[0]!;
    assert(
      text.startsWith("Here is some code:\ncode block, TypeScript, 12 lines\nThen word word"),
      text.slice(0, 90),
    );
    assert(!text.includes("const a"));
    const lengths = await page.locator('[data-announcer="reply"] > *').evaluateAll((all) =>
      all.map((one) => one.textContent!.length)
    );
    assert(lengths.length > 1 && Math.max(...lengths) <= 500, `${lengths}`);
    assertEquals(await page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved), []);
    assertEquals(await page.evaluate(() => document.activeElement?.id), "composer");
    await page.clock.runFor(31_000);
    assertEquals(await page.locator('[data-announcer="reply"]').textContent(), "", "nobody meets it twice");
  });
});

Deno.test("K4: who wants to hear less hears the first sentence, or only that it ended; a failure interrupts", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  await withBrowser(async (browser) => {
    for (const [announce, expected] of [["sentence", "This is first."], ["completion", ""]] as const) {
      const conversation = await api.create({ model: MODELS.chat, fallbacks: [] });
      const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
      await context.addCookies([{ url: server.url, name: DEVICE_COOKIE, value: `announce=${announce}` }]);
      const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
      const said = await listen(tab.page);
      await tab.send("Say two things");
      const call = await fake.next();
      await call.send("This is *first*. This is second.");
      await call.end();
      await saidWhen(tab.page, "status", "Response complete");
      assertEquals((await said()).reply.join(""), expected);
      if (announce === "completion") {
        await tab.send("Fail");
        await (await fake.next()).refuse(401, "invalid_api_key", "Incorrect API key provided");
        await saidWhen(tab.page, "alert", "The answer failed.");
      }
      await context.close();
    }
  });
});

Deno.test("K4: what was copied, which version is shown, and a connection that is lost and back are told", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    browser.expect(/net::ERR_/);
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const tab = await ChatPage.open(context, `${server.url}/c/${conversation.id}`);
    const said = await listen(tab.page);
    for (const words of ["One", "Two"]) {
      if (words === "One") await tab.send("Say a number");
      else await tab.action("regenerate").click();
      const call = await fake.next();
      await call.send(words);
      await call.end();
      await tab.textThat((text) => text === words);
      await tab.answerWith("complete");
    }
    const copy = tab.answers.last().locator('[data-action="copy"]');
    await copy.click();
    await saidWhen(tab.page, "status", "Copied");
    await copy.click();
    await tab.page.waitForFunction(() =>
      (globalThis as unknown as { said: Said }).said.status.filter((text) => text.startsWith("Copied"))
        .length === 2
    );
    await tab.action("version-back").click();
    await saidWhen(tab.page, "status", "Version 1 of 2.");
    await tab.action("version-forth").click();
    await saidWhen(tab.page, "status", "Version 2 of 2.");
    await server.kill();
    await saidWhen(tab.page, "status", "Connection lost. Reconnecting.");
    await server.restart();
    await saidWhen(tab.page, "status", "Reconnected.");
    const about = (await said()).status.filter((text) => /onnect/.test(text));
    assertEquals(about, ["Connection lost. Reconnecting.", "Reconnected."]);
  });
});

Deno.test("T3: an answer that does not come is thought about at once, waited for after 8 seconds, and called slow after 25", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const conversation = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${server.url}/c/${conversation.id}`);
    const tab = await ChatPage.over(page);
    // The server's answer to the message is held: nothing but the page itself can say that it thinks.
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    await page.route("**/messages", async (route) => {
      await held;
      await route.continue();
    });
    const frames = await page.evaluate(() => {
      const box = document.querySelector<HTMLTextAreaElement>("#composer")!;
      box.value = "Take your time";
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      return new Promise<number>((resolve) => {
        let frames = 0;
        const look = () =>
          document.querySelector(".thinking") !== null
            ? resolve(frames)
            : ++frames > 100 || requestAnimationFrame(look);
        look();
      });
    });
    assert(frames <= 3, `it took ${frames} frames`); // a tenth of a second is six
    const thinking = page.locator(".thinking");
    assertEquals((await thinking.innerText()).trim(), "Thinking…");
    release();
    await fake.next();
    await page.locator('article[data-status="streaming"] .thinking').waitFor();
    await page.clock.runFor(7_000);
    assertEquals((await thinking.innerText()).trim(), "Thinking…");
    await page.clock.runFor(2_000);
    await thinking.filter({ hasText: /^Still waiting… \d+ s$/ }).waitFor();
    await page.clock.runFor(18_000);
    await thinking.filter({ hasText: /Still waiting… 2\d s.*fake-small is slower than usual/s }).waitFor();
    await tab.action("stop").click();
    await tab.answerWith("cancelled");
    assertEquals(await thinking.count(), 0);
  });
});

/** A browser whose tabs can be hidden, and whose notifications are caught. */
async function watched(
  context: BrowserContext,
  permission: NotificationPermission | "absent",
): Promise<void> {
  await context.addInitScript((permission) => {
    let hidden = false;
    Object.defineProperty(document, "hidden", { get: () => hidden });
    Object.defineProperty(document, "visibilityState", { get: () => hidden ? "hidden" : "visible" });
    const caught: unknown[] = [];
    class Caught {
      static permission: string = permission === "granted" ? "default" : permission;
      static requestPermission() {
        caught.push("asked");
        return Promise.resolve(Caught.permission = permission);
      }
      onclick: (() => void) | null = null;
      constructor(readonly title: string, readonly options: NotificationOptions) {
        caught.push(this);
      }
      close() {}
    }
    // A tab that could notify takes turns with the others, and is done when its turn is over. The empty page
    // that a tab begins with has no locks: it is no secure context.
    const turns: string[] = [];
    const locks = navigator.locks as LockManager | undefined;
    if (locks !== undefined) {
      const request = locks.request.bind(locks) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(locks, {
        request: async (...args: unknown[]) => {
          const granted = await request(...args);
          turns.push(String(args[0]));
          return granted;
        },
      });
    }
    Object.assign(globalThis, {
      caught,
      turns,
      hide: (to: boolean) => {
        hidden = to;
        document.dispatchEvent(new Event("visibilitychange"));
      },
    });
    if (permission === "absent") delete (globalThis as { Notification?: unknown }).Notification;
    else Object.assign(globalThis, { Notification: Caught });
  }, permission);
}
const hide = (tab: ChatPage, hidden = true) =>
  tab.page.evaluate((to) => (globalThis as unknown as { hide(to: boolean): void }).hide(to), hidden);
const notifications = (tab: ChatPage) => tab.page.getByRole("radiogroup", { name: "Notifications" });
const caught = (tab: ChatPage) =>
  tab.page.evaluate(() =>
    (globalThis as unknown as { caught: ({ title: string; options: { body: string } } | string)[] }).caught
      .map((one) => typeof one === "string" ? one : `${one.title}: ${one.options.body}`)
  );

Deno.test("T13: an answer that ends while nobody looks marks the title, and one tab notifies once if that is wanted", async () => {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const [one, other] = [
    await api.create({ model: MODELS.chat, title: "Long question" }),
    await api.create({ model: MODELS.chat, title: "Another" }),
  ];
  await withBrowser(async (browser) => {
    const context = await browser.context({ session: { url: server.url, cookie: api.cookie } });
    await watched(context, "granted");
    const tab = await ChatPage.open(context, `${server.url}/c/${one.id}`);
    const same = await ChatPage.open(context, `${server.url}/c/${one.id}`);
    const elsewhere = await ChatPage.open(context, `${server.url}/c/${other.id}`);
    const tabs = [tab, same, elsewhere];
    const ask = async (words: string) => {
      await hide(tab, false);
      await tab.send(words);
      const call = await fake.next();
      await call.send("Done.");
      await tab.textThat((text) => text === "Done.");
      for (const each of tabs) await hide(each);
      await call.end();
    };
    const titles = () => Promise.all(tabs.map(({ page }) => page.title()));

    // Off, as it is at first.
    await ask("First");
    await tab.page.waitForFunction(() => document.title.startsWith("● "));
    assertEquals(await titles(), [
      "● Long question · Throughline",
      "● Long question · Throughline",
      "Another · Throughline",
    ]);
    await hide(tab, false);
    assertEquals(await tab.page.title(), "Long question · Throughline");

    // Permission is asked by the switch alone, when it is pressed.
    assertEquals((await Promise.all(tabs.map(caught))).flat(), []);
    await tab.action("settings").click();
    await tab.page.getByRole("tab", { name: "This device" }).click();
    await notifications(tab).getByLabel("On").check({ force: true });
    assertEquals(await caught(tab), ["asked"]);
    await tab.page.keyboard.press("Escape");
    for (const each of tabs) await each.page.reload();
    await Promise.all(tabs.map((each) => each.live()));
    // A browser keeps what was decided.
    for (const { page } of tabs) {
      await page.evaluate(() =>
        Object.assign((globalThis as unknown as { Notification: object }).Notification, {
          permission: "granted",
        })
      );
    }
    await Promise.all(
      tabs.map(({ page }) => page.locator("body[data-accompanied]").waitFor()),
    );
    await ask("Second");
    await Promise.all(
      tabs.map(({ page }) =>
        page.waitForFunction(() => (globalThis as unknown as { turns: string[] }).turns.includes("told"))
      ),
    );
    assertEquals((await Promise.all([tab, same].map(caught))).flat(), [
      "Long question: The answer is complete.",
    ]);
    assertEquals(await caught(elsewhere), []);

    // Pressed, it leads to the conversation in that tab.
    const teller = (await caught(tab)).length > 0 ? tab : same;
    await teller.page.evaluate(() => {
      const [notification] = (globalThis as unknown as { caught: { onclick(): void }[] }).caught;
      notification!.onclick();
    });
    await teller.page.waitForURL(`${server.url}/c/${one.id}`);
  });
});

Deno.test("T13: where notifications are refused or absent, the switch stays off and says why", async () => {
  await using both = await startWithProvider();
  const { server } = both;
  await withBrowser(async (browser) => {
    for (
      const [permission, why] of [["denied", /refuses them/], ["absent", /has none.*home screen/]] as const
    ) {
      const context = await browser.context();
      await watched(context, permission);
      const tab = await ChatPage.open(context, server.url);
      await tab.action("settings").click();
      await tab.page.getByRole("tab", { name: "This device" }).click();
      await notifications(tab).getByLabel("On").click({ force: true });
      await tab.page.locator(".preference .danger", { hasText: why }).waitFor();
      assert(await notifications(tab).getByLabel("Off").isChecked());
      assertEquals(await tab.page.evaluate(() => document.cookie.includes("notify")), false);
      await context.close();
    }
  });
});
