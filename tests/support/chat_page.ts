// The chat page as a person meets it: what can be typed, pressed and read.
import type { BrowserContext, Locator, Page } from "playwright-core";
import type { Status } from "../../lib/protocol/message.ts";

/** Longer than any answer of a test. */
export const ANSWER_MS_MAX = 60_000;

/** Between two looks at a text that grows. */
const LOOK_EVERY_MS = 100;

export class ChatPage {
  constructor(readonly page: Page) {}

  /** A new tab at `url`, once its islands answer to a person. */
  static async open(context: BrowserContext, url: string): Promise<ChatPage> {
    const tab = new ChatPage(await context.newPage());
    await tab.page.goto(url, { waitUntil: "domcontentloaded" });
    await tab.live();
    return tab;
  }

  /** A page that was opened already, once its islands answer. */
  static async over(page: Page): Promise<ChatPage> {
    const tab = new ChatPage(page);
    await tab.live();
    return tab;
  }

  /** Resolves when the page follows its conversation. `timeout` absent: what a step of a test may take. */
  async live(timeout?: number): Promise<void> {
    await this.page.locator('body[data-connection="live"]').waitFor({ timeout });
  }

  get composer(): Locator {
    return this.page.locator("textarea#composer");
  }

  get answers(): Locator {
    return this.page.locator('article[data-role="assistant"]');
  }

  get questions(): Locator {
    return this.page.locator('article[data-role="user"]');
  }

  action(name: string): Locator {
    return this.page.locator(`[data-action="${name}"]`);
  }

  /** Types and presses Enter. */
  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** The answer that has `status`, once there is one. */
  async answerWith(status: Status, timeout = ANSWER_MS_MAX): Promise<Locator> {
    const answer = this.page.locator(`article[data-role="assistant"][data-status="${status}"]`).last();
    await answer.waitFor({ timeout });
    return answer;
  }

  /** What the last answer says now. */
  text(): Promise<string> {
    return textOf(this.answers.last());
  }

  /** Resolves with the last answer's text once `holds` is true of it. */
  async textThat(holds: (text: string) => boolean, timeout = ANSWER_MS_MAX): Promise<string> {
    const deadline = Date.now() + timeout;
    await this.answers.last().locator("[data-text]").first().waitFor({ state: "attached", timeout });
    for (let text = await this.text();; text = await this.text()) {
      if (holds(text)) return text;
      if (Date.now() > deadline) throw new Error(`Still not so after ${timeout} ms: ${text.slice(-200)}`);
      // A look at each frame would slow down the twenty tabs of one test more than their tokens do.
      await this.page.waitForTimeout(LOOK_EVERY_MS);
    }
  }
}

/** The words of a message as they are on the page. */
export async function textOf(message: Locator): Promise<string> {
  return (await message.locator("[data-text]").first().textContent() ?? "").trim();
}
