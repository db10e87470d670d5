// The browser that the other tests trust: it starts, it tells, it leaves nothing behind.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CHROMIUM_VERSION, startChromium, unpackedChromium } from "../support/chromium.ts";
import { join } from "../support/paths.ts";
import { descendants, isAlive } from "../support/processes.ts";
import { withBrowser } from "../support/browser.ts";
import config from "../../deno.json" with { type: "json" };

/** Serves one page for the duration of `run`. */
async function withPage(html: string, run: (url: string) => Promise<void>): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/"
        ? new Response(html, {
          headers: {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": "default-src 'none'; script-src 'self'",
          },
        })
        : new Response(
          `document.title = "scripted"; ${new URL(request.url).searchParams.get("then") ?? ""}`,
          {
            headers: { "content-type": "text/javascript" },
          },
        ),
  );
  await run(`http://127.0.0.1:${server.addr.port}/`);
}

Deno.test("W1: a page without faults passes, and its scripts run", async () => {
  await withPage(
    `<textarea>form controls need a font</textarea><script src=/own.js></script>`,
    async (url) => {
      await withBrowser(async (browser) => {
        const page = await (await browser.context()).newPage();
        await page.goto(url);
        assertEquals(await page.title(), "scripted");
      });
    },
  );
});

Deno.test("W1: a CSP violation fails the test that saw it", async () => {
  await withPage(`<script>document.title = "injected"</script>`, async (url) => {
    const error = await assertRejects(() =>
      withBrowser(async (browser) => {
        const page = await (await browser.context()).newPage();
        await page.goto(url);
        assertEquals(await page.title(), "");
      }), Error);
    assertStringIncludes(error.message, "Content Security Policy");
  });
});

Deno.test("W1: an uncaught exception fails the test that saw it", async () => {
  await withPage(`<script src="/own.js?then=throw new Error('from the page')"></script>`, async (url) => {
    const error = await assertRejects(() =>
      withBrowser(async (browser) => {
        await (await (await browser.context()).newPage()).goto(url);
      }), Error);
    assertStringIncludes(error.message, "from the page");
  });
});

Deno.test("a context without JavaScript shows what the server sent", async () => {
  await withPage(`<title>sent</title><script src=/own.js></script>`, async (url) => {
    await withBrowser(async (browser) => {
      const page = await (await browser.context({ javaScript: false })).newPage();
      await page.goto(url);
      assertEquals(await page.title(), "sent");
    });
  });
});

Deno.test("C1: two runs that unpack at once get one whole browser, of the version in deno.json", async () => {
  const parent = await Deno.makeTempDir({ prefix: "throughline-unpack-" });
  try {
    const [one, other] = await Promise.all([unpackedChromium(parent), unpackedChromium(parent)]);
    assertEquals(one, other);
    assertEquals((await Deno.stat(join(one, "chromium"))).size > 100_000_000, true);
    assertEquals(Array.from(Deno.readDirSync(parent), (entry) => join(parent, entry.name)), [one]);
    assertEquals(config.imports["@sparticuz/chromium"], `npm:@sparticuz/chromium@${CHROMIUM_VERSION}`);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test({
  name: "C2: no process survives the end of a browser",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const browser = await startChromium();
    const family = [browser.pid, ...descendants(browser.pid)];
    assertEquals(family.length > 1, true);
    await browser.kill();
    assertEquals(family.filter(isAlive), []);
  },
});
