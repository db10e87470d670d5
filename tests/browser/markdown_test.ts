// Markdown as it ends up in a real page: as elements, and at each character on the way there.
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { DOCUMENTS, GFM, GFM_ELEMENTS } from "../fixtures/markdown.ts";
import { asking } from "../support/asking.ts";
import { withBrowser } from "../support/browser.ts";

/** What no reader may see of a text that is still being written: marks that wait for their other half. */
const MARKS = String.raw`\*\*|\x60|\]\(|~~|\\[([]|\$\$|\ue000|!\[`;

/** `elements` of an answer in lines, with the attributes that mean something. */
function outline(body: Element): string {
  const own = ["href", "title", "start", "type", "scope", "data-align", "role", "class", "dir"];
  const lines: string[] = [];
  const walk = (node: Node, depth: number) => {
    const indent = "  ".repeat(depth);
    if (node instanceof Text) {
      if (node.data !== "") lines.push(indent + JSON.stringify(node.data));
    } else if (node instanceof Element && node.localName !== "svg") {
      const attributes = own.flatMap((name) => {
        const value = node.getAttribute(name);
        return value === null ? [] : [value === "" ? ` ${name}` : ` ${name}=${value}`];
      });
      if (node instanceof HTMLInputElement) attributes.push(` checked=${node.checked}`);
      lines.push(`${indent}${node.localName}${attributes.join("")}`);
      // The buttons of a fence, and colours, are other tests'.
      if (node.localName === "figcaption") return;
      if (node.localName === "code") return void lines.push(`${indent}  ${JSON.stringify(node.textContent)}`);
      for (const child of node.childNodes) walk(child, depth + 1);
    }
  };
  // Sections say nothing: they are there for the browser.
  for (const section of body.children) for (const child of section.childNodes) walk(child, 0);
  return lines.join("\n");
}

Deno.test("R1: everything that Markdown knows becomes the elements it stands for, as it comes and after a reload", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    for (let at = 0; at < GFM.length; at += 7) await call.send(GFM.slice(at, at + 7));
    await call.end();
    await tab.answerWith("complete");
    await answer.locator("pre .hljs-keyword").waitFor();
    const seen = () => answer.locator("[data-text]").evaluate(outline);
    assertEquals(await seen(), GFM_ELEMENTS.trim());
    await page.reload();
    await tab.live();
    await answer.locator("pre .hljs-keyword").waitFor();
    assertEquals(await seen(), GFM_ELEMENTS.trim());
  });
});

Deno.test("R2: at no character of any document does a mark that waits for its other half appear on the page", async () => {
  const script = await bundled("../support/markdown_page.tsx");
  await withBrowser(async (browser) => {
    const page = await (await browser.context()).newPage();
    await page.setContent("<!doctype html><title>Markdown</title>");
    await page.addScriptTag({ content: script, type: "module" });
    await page.waitForFunction(() => "growing" in globalThis);
    const growing = (source: string) =>
      page.evaluate(
        ([source, marks]) =>
          (globalThis as unknown as { growing(source: string, marks: string): unknown[] }).growing(
            source,
            marks,
          ),
        [source, MARKS] as const,
      );
    for (const source of [...DOCUMENTS, GFM]) assertEquals(await growing(source), []);
    assert((await growing("a ** b ** c")).length > 0, "marks that are meant are seen, and would be noticed");
  });
});

Deno.test("R2: a stream that is cut within every mark never shows one, in any frame", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    const source = DOCUMENTS.slice(0, 4).join("\n");
    await page.evaluate((marks) => {
      const pattern = new RegExp(marks);
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      const list = document.querySelector('[role="log"].log')!;
      new MutationObserver(() => {
        const body = document.querySelector('[data-role="assistant"] [data-text]');
        const copy = body?.cloneNode(true) as Element | undefined;
        for (const own of copy?.querySelectorAll("code") ?? []) own.replaceWith("⌗");
        if (copy !== undefined && pattern.test(copy.textContent!)) seen.push(copy.textContent!.slice(-60));
      }).observe(list, { childList: true, subtree: true, characterData: true });
    }, MARKS);
    for (const piece of source) await call.send(piece);
    await call.end();
    await tab.answerWith("complete");
    assertEquals(await answer.locator("strong").first().textContent(), "bold");
    assertEquals(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen), []);
  });
});

/** A module of the page, with all that it imports, as one script. */
async function bundled(path: string): Promise<string> {
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [fileURLToPath(new URL(path, import.meta.url))],
    platform: "browser",
    format: "esm",
    write: false,
  });
  if (!success) throw new Error(errors.map(({ text }) => text).join("\n"));
  return outputFiles!.map((file) => file.text()).join("\n");
}
