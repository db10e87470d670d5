// The list of conversations as a person meets it.
import type { BrowserContext, Locator } from "playwright-core";
import { ChatPage } from "./chat_page.ts";

export class ListPage {
  private constructor(readonly tab: ChatPage) {}

  /** A new tab whose list answers to keys. */
  static async open(context: BrowserContext, url: string): Promise<ListPage> {
    const list = new ListPage(await ChatPage.open(context, url));
    await list.ready();
    return list;
  }

  /** Comes near with the mouse. */
  async ready(): Promise<void> {
    await this.tab.page.mouse.move(0, 0);
    await this.nav.hover({ position: { x: 5, y: 5 } });
    await this.tab.page.locator('nav[data-ready="true"]').waitFor();
  }

  get nav(): Locator {
    return this.tab.page.locator(".sidebar nav");
  }

  row(title: string): Locator {
    return this.nav.locator("li.conversation").filter({
      has: this.tab.page.getByText(title, { exact: true }),
    });
  }

  link(title: string): Locator {
    return this.row(title).locator("[data-row]");
  }

  section(label: string): Locator {
    return this.nav.locator(`section[aria-label="${label}"]`);
  }

  toast(text: string): Locator {
    return this.tab.page.locator(".toast", { hasText: text });
  }

  titles(): Promise<string[]> {
    return this.nav.locator("li.conversation .name").allTextContents();
  }

  /** By the row's menu, with the mouse. */
  async choose(title: string, action: string): Promise<void> {
    await this.row(title).hover();
    await this.row(title).locator('[data-action="conversation-menu"]').click();
    await this.tab.page.locator(`[role="menu"] [data-action="${action}"]`).click();
  }

  /** Resolves when the list is so. */
  async are(titles: string[]): Promise<void> {
    await this.tab.page.waitForFunction(
      (wanted) =>
        JSON.stringify(
          Array.from(document.querySelectorAll(".sidebar li.conversation .name"), (name) => name.textContent),
        ) === wanted,
      JSON.stringify(titles),
    );
  }

  /** The title of the row that has the focus; null when none has. */
  focused(): Promise<string | null> {
    return this.tab.page.evaluate(() =>
      document.activeElement?.closest("li.conversation")?.querySelector(".name")?.textContent ?? null
    );
  }

  /** Resolves when the focus is on this row. */
  async focusOn(title: string): Promise<void> {
    await this.tab.page.waitForFunction(
      (title) =>
        document.activeElement?.matches("[data-row]") &&
        document.activeElement.querySelector(".name")?.textContent === title,
      title,
    );
  }
}
