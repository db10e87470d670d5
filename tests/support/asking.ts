// A page whose question was just asked, and the hand that answers it.
import type { Locator, Page } from "playwright-core";
import { Api } from "./api.ts";
import { type ContextOptions, withBrowser } from "./browser.ts";
import { ChatPage } from "./chat_page.ts";
import type { ChromiumOptions } from "./chromium.ts";
import type { Exchange, FakeProvider } from "./fake_provider/mod.ts";
import { MODELS, startWithProvider } from "./server_with_provider.ts";

export interface Scene {
  api: Api;
  conversationId: string;
  tab: ChatPage;
  page: Page;
  call: Exchange;
  fake: FakeProvider;
  answer: Locator;
  /** Files that the page has asked for, by the beginning of their name. */
  asked(name: string): string[];
}

/** Plays the scene before a model of one wire format. */
export async function asking(
  play: (scene: Scene) => Promise<void>,
  { model = MODELS.chat as string, mouse, ...options }:
    & { model?: string }
    & ChromiumOptions
    & Omit<ContextOptions, "session"> = {},
): Promise<void> {
  await using both = await startWithProvider();
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id: conversationId } = await api.create({ model, fallbacks: [] });
  await withBrowser(async (browser) => {
    const context = await browser.context({ ...options, session: { url: server.url, cookie: api.cookie } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    const files: string[] = [];
    context.on("request", (request) => {
      // What the worker keeps for a time without a network, no reader waits for.
      if (request.serviceWorker() === null) files.push(new URL(request.url()).pathname.split("/").at(-1)!);
    });
    const tab = await ChatPage.open(context, `${server.url}/c/${conversationId}`);
    await tab.send("Go on");
    const call = await fake.next();
    const asked = (name: string) => files.filter((file) => file.startsWith(`${name}-`));
    const answer = tab.answers.last();
    await play({ api, conversationId, tab, page: tab.page, call, fake, answer, asked });
  }, { mouse });
}
