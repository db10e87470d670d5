// A real browser for a test. What its pages complain about fails the test.
//   W1  A console error, an uncaught exception or a CSP violation fails the test, unless the test said to expect it.
//   W2  Whatever the test does, the browser is gone afterwards.
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type ChromiumOptions, startChromium } from "./chromium.ts";
import { join, tmpdir } from "./paths.ts";

/** The longest a page may take for one step of a test, on a machine that is busy with others. */
const STEP_MS_MAX = 15_000;

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** What a page's console says of a server or a network that is gone; the second, of a service worker's script. */
export const NETWORK_DOWN = /net::ERR_|error occurred when fetching the script/;

export interface ContextOptions {
  /** A `Set-Cookie` pair, `name=value`, for `url`: the same person in another browser. */
  session?: { url: string; cookie: string };
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
  javaScript?: boolean;
  reducedMotion?: boolean;
  /** A finger in place of a mouse. */
  touch?: boolean;
}

export class TestBrowser {
  readonly #browser: Browser;
  readonly #expected: RegExp[] = [];
  readonly #complaints: string[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** What a separate browser, or a separate person, has: cookies, storage and connections of its own. */
  async context(options: ContextOptions = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      viewport: options.viewport ?? DESKTOP,
      colorScheme: options.colorScheme ?? "light",
      javaScriptEnabled: options.javaScript ?? true,
      reducedMotion: options.reducedMotion ? "reduce" : "no-preference",
      ...(options.touch ? { hasTouch: true, isMobile: true } : {}),
    });
    context.setDefaultTimeout(STEP_MS_MAX);
    if (options.session !== undefined) {
      const { url, cookie } = options.session;
      const equals = cookie.indexOf("=");
      await context.addCookies([{
        url,
        name: cookie.slice(0, equals),
        value: cookie.slice(equals + 1),
        httpOnly: true,
      }]);
    }
    context.on("page", (page) => this.#watch(page));
    return context;
  }

  /** Console errors that match are part of the test. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Complaints that nobody expected. */
  unexpected(): string[] {
    return this.#complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  report(): string {
    return `The pages complained:\n${this.unexpected().join("\n")}`;
  }

  #watch(page: Page): void {
    // Chromium reports a CSP violation as a console error too.
    page.on("console", (message) => {
      if (message.type() === "error") this.#complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complaints.push(`uncaught ${error.stack ?? error.message}`));
    page.on("crash", () => this.#complaints.push(`${page.url()} crashed`));
  }
}

/** Runs `test` with a fresh browser, ends it, and fails on what its pages complained about. */
export async function withBrowser(
  test: (browser: TestBrowser) => Promise<void>,
  options: ChromiumOptions = {},
): Promise<void> {
  const process = await startChromium(options);
  try {
    const connection = await chromium.connectOverCDP(process.endpoint, { timeout: STEP_MS_MAX });
    const browser = new TestBrowser(connection);
    try {
      await test(browser);
    } catch (error) {
      // What the page or the browser said last is often the reason why the test failed.
      const lastWords = process.lastWords();
      if (lastWords !== null) throw new Error(`Chromium died: ${lastWords}`, { cause: error });
      throw browser.unexpected().length === 0 ? error : new Error(browser.report(), { cause: error });
    } finally {
      await connection.close();
    }
    if (browser.unexpected().length > 0) throw new Error(browser.report());
  } finally {
    await process.kill();
  }
}

/** Saves what a page looks like, for a person to look at, and returns where. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(tmpdir(), "throughline-screenshots");
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}
