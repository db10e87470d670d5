// The app as something that is installed: its manifest, and the service worker that keeps its files.
import { assert, assertEquals } from "@std/assert";
import type { Page, Response } from "playwright-core";
import { Api } from "../support/api.ts";
import { NETWORK_DOWN, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import { join, ROOT } from "../support/paths.ts";
import { AppServer } from "../support/server.ts";

/** What a build is made from, with what runs it. */
const PROJECT = [
  "components",
  "deno.json",
  "deno.lock",
  "dev.ts",
  "fresh.config.ts",
  "islands",
  "lib",
  "main.ts",
  "parallel.ts",
  "routes",
  "static",
];

/** A worker keeps a build in a second; a busy machine takes longer. */
const CACHED_MS_MAX = 30_000;

interface Manifest {
  name: string;
  start_url: string;
  display: string;
  icons: { src: string; sizes: string; purpose: string }[];
  shortcuts: { name: string; url: string }[];
}

Deno.test("B3: a browser finds nothing that would keep the app from being installed", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const context = await browser.context();
    const { page } = await ChatPage.open(context, server.url);
    await page.evaluate(() => navigator.serviceWorker.ready);
    const devtools = await context.newCDPSession(page);
    const { url, errors, data } = await devtools.send("Page.getAppManifest");
    assertEquals([url, errors], [`${server.url}/manifest.webmanifest`, []]);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    // A test's browser is a private window.
    const found = installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito");
    assertEquals(found, []);

    const manifest: Manifest = JSON.parse(data!);
    assertEquals([manifest.name, manifest.start_url, manifest.display], ["Throughline", "/", "standalone"]);
    assertEquals(manifest.shortcuts.map(({ name }) => name), ["New chat"]);
    const touch = await page.locator('link[rel="apple-touch-icon"]').getAttribute("href");
    const wanted = [
      ...manifest.icons.filter(({ sizes }) => sizes !== "any").map(({ src, sizes }) => [src, sizes]),
      [touch!, "180x180"],
    ];
    assertEquals(wanted.length, 5);
    for (const [src, sizes] of wanted) {
      const is = await page.evaluate(async (src) => {
        const image = new Image();
        image.src = src!;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, src);
      assertEquals(is, sizes, src);
    }
    for (const purpose of ["any", "maskable"]) {
      assert(manifest.icons.some((icon) => icon.purpose === purpose && icon.sizes === "512x512"), purpose);
    }
    const themes = await page.locator('meta[name="theme-color"]').evaluateAll((metas) =>
      metas.map((meta) => meta.getAttribute("media"))
    );
    assertEquals(themes, ["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"]);
  });
});

Deno.test("B3: a new build is there with the next page, an old tab keeps its parts, and then the old files go", async () => {
  const copy = await Deno.makeTempDir({ prefix: "throughline-build-" });
  try {
    for (const name of PROJECT) await copied(join(ROOT, name), join(copy, name));
    await Deno.writeTextFile(join(copy, "static/frame.css"), "\n/* another build */\n", { append: true });
    const old = await AppServer.start();
    const api = await Api.session(old.url);
    await withBrowser(async (browser) => {
      browser.expect(NETWORK_DOWN);
      const context = await browser.context({ session: { url: old.url, cookie: api.cookie } });
      const tab = await ChatPage.open(context, old.url);
      const before = await buildOf(tab.page);
      await waitForCached(tab.page);
      await old[Symbol.asyncDispose]();
      const port = Number(new URL(old.url).port);
      const server = await AppServer.start({ root: copy, port });
      try {
        const next = await ChatPage.open(context, server.url);
        const after = await buildOf(next.page);
        assert(after !== before, "the page comes from the server, and not from the worker");
        await waitForCached(next.page, after);
        // The server has not got this file any more.
        await tab.action("settings").click();
        await tab.page.locator("dialog").waitFor();
        await tab.page.close();
        await next.page.reload();
        await cached(
          next.page,
          (builds) => builds.length === 1 && builds[0]!.urls.every((url) => !url.includes(before)),
        );
        // Without the server the new build is what opens.
        await server.kill();
        await next.page.reload({ waitUntil: "domcontentloaded" });
        await next.page.locator(".status-line").getByText("Offline, as of").waitFor();
        assertEquals(await buildOf(next.page), after);
      } finally {
        await server[Symbol.asyncDispose]();
      }
    });
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

Deno.test("B3: the worker touches neither the API nor a stream, and keeps no page of a conversation", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
  await withBrowser(async (browser) => {
    const context = await browser.context();
    const tab = await ChatPage.open(context, server.url);
    await waitForCached(tab.page);
    const answers: Response[] = [];
    tab.page.on("response", (answer) => answers.push(answer));
    await tab.page.reload();
    await tab.live();
    await tab.send("count to 5");
    await tab.answerWith("complete");
    const urls = await tab.page.evaluate(async () => {
      const kept = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      return (await Promise.all(kept.map((cache) => cache.keys()))).flat().map(({ url }) =>
        new URL(url).href
      );
    });
    const others = urls.map((url) => url.replace(server.url, ""))
      .filter((url) => !url.startsWith("/_fresh/js/") && !url.includes("__frsh_c="));
    assertEquals(others, ["/offline"]);
    const fromWorker = answers.filter((answer) => answer.fromServiceWorker()).map((answer) => answer.url());
    assert(fromWorker.some((url) => url.includes("/_fresh/js/")), "the worker answers for files");
    assert(!fromWorker.some((url) => url.includes("/api/")), fromWorker.join("\n"));
    assert(answers.some((answer) => answer.url().includes("/api/events")), "there was a stream");
    const shell = await (await fetch(`${server.url}/offline`)).text();
    assert(!shell.includes("count to 5"));
  });
});

Deno.test("B3: the worker that ends itself takes the place of the other, and the page is as without one", async () => {
  await using server = await AppServer.start();
  await withBrowser(async (browser) => {
    const context = await browser.context();
    const tab = await ChatPage.open(context, server.url);
    await waitForCached(tab.page);
    // From now on a page finds no other.
    await context.addInitScript(() => {
      navigator.serviceWorker.register = () => Promise.reject(new TypeError("There is none"));
    });
    // What a browser does when that file is served in the place of sw.js.
    const loaded = tab.page.waitForEvent("domcontentloaded");
    const replaced = tab.page.evaluate(() => void navigator.serviceWorker.register("/sw.off.js"));
    await Promise.all([loaded, replaced]);
    await cached(tab.page, (builds) => builds.length === 0);
    const left = await tab.page.evaluate(async () => [
      (await navigator.serviceWorker.getRegistrations()).length,
      navigator.serviceWorker.controller,
    ]);
    assertEquals(left, [0, null]);
    await tab.live();
  });
});

Deno.test("B3: where there is no service worker and no storage, all is as it was", async () => {
  await using server = await AppServer.start({ env: { DEMO_TOKENS_PER_SECOND: "2000" } });
  await withBrowser(async (browser) => {
    const context = await browser.context();
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined });
      Object.defineProperty(globalThis, "indexedDB", {
        get: () => {
          throw new DOMException("Storage is blocked", "SecurityError");
        },
      });
    });
    const tab = await ChatPage.open(context, server.url);
    await tab.send("count to 5");
    await tab.answerWith("complete");
    await tab.page.reload();
    await tab.answerWith("complete");
  });
});

/** The id of the build that a page is of. */
function buildOf(page: Page): Promise<string> {
  return page.locator('link[rel="stylesheet"]').first().evaluate((link) =>
    new URL((link as HTMLLinkElement).href).searchParams.get("__frsh_c")!
  );
}

/** What the worker keeps of one build. */
interface KeptBuild {
  shell: string;
  urls: string[];
}

/** Resolves when the worker has the page, and keeps a whole build whose page without words names `part`. */
async function waitForCached(page: Page, part = ""): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await cached(page, (builds) => builds.some(({ shell }) => shell.includes(part) && shell !== ""));
}

/** Resolves when `holds` is true of what the worker keeps. */
async function cached(page: Page, holds: (builds: KeptBuild[]) => boolean): Promise<void> {
  const deadline = Date.now() + CACHED_MS_MAX;
  for (;;) {
    const builds = await page.evaluate(async () => {
      const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      return await Promise.all(opened.map(async (cache) => ({
        shell: await (await cache.match("/offline"))?.text() ?? "",
        urls: (await cache.keys()).map(({ url }) => url),
      })));
    });
    if (holds(builds)) return;
    if (Date.now() > deadline) {
      throw new Error(`The worker keeps something else: ${JSON.stringify(builds.map(({ urls }) => urls))}`);
    }
    await page.waitForTimeout(50);
  }
}

async function copied(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copied(join(from, name), join(to, name));
}
