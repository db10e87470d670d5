// Files beside the words: picked, dropped and pasted, read before one's eyes, and sent as what they say.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import type { BrowserContext, Page } from "playwright-core";
import { Api } from "../support/api.ts";
import { type ContextOptions, PHONE, screenshot, type TestBrowser, withBrowser } from "../support/browser.ts";
import { ChatPage } from "../support/chat_page.ts";
import type { FakeProvider } from "../support/fake_provider/mod.ts";
import { join } from "../support/paths.ts";
import { MODELS, startWithProvider } from "../support/server_with_provider.ts";

/** What a finger needs, in pixels. */
const TARGET_PX_MIN = 44;

interface Scene {
  tab: ChatPage;
  page: Page;
  context: BrowserContext;
  browser: TestBrowser;
  fake: FakeProvider;
  api: Api;
  address: string;
}

async function scene(play: (scene: Scene) => Promise<void>, options: ContextOptions = {}): Promise<void> {
  await using both = await startWithProvider({ auto: { tokens: ["Read."] } });
  const { server, fake } = both;
  const api = await Api.session(server.url);
  const { id } = await api.create({ model: MODELS.chat });
  await withBrowser(async (browser) => {
    const context = await browser.context({ ...options, session: { url: server.url, cookie: api.cookie } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
    // Reading `held-…` waits at its half for `go`, and fails while `broken` says so.
    await context.addInitScript(() => {
      const stream = Blob.prototype.stream;
      const state = { broken: true, go: Promise.withResolvers<void>() };
      Object.assign(globalThis, { reading: state });
      const half = (file: Blob) => {
        let begun = false;
        return new ReadableStream({
          async pull(controller) {
            const bytes = new Uint8Array(await file.arrayBuffer());
            if (!begun) controller.enqueue(bytes.slice(0, bytes.length / 2));
            else {
              await state.go.promise;
              controller.enqueue(bytes.slice(bytes.length / 2));
              controller.close();
            }
            begun = true;
          },
        });
      };
      const broken = () => Promise.reject(new DOMException("", "NotReadableError"));
      Blob.prototype.stream = function (this: File) {
        const name = this.name ?? "";
        if (name.startsWith("broken-") && state.broken) return new ReadableStream({ pull: broken });
        return name.startsWith("held-") ? half(this) : stream.call(this);
      };
    });
    const address = `${server.url}/c/${id}`;
    const tab = await ChatPage.open(context, address);
    await play({ tab, page: tab.page, context, browser, fake, api, address });
  });
}

const file = (name: string, text: string, mimeType = "text/plain") => ({
  name,
  mimeType,
  buffer: Buffer.from(text),
});
const chip = (page: Page, name: string, state: string) =>
  page.locator(`[data-file="${name}"][data-file-state="${state}"]`);
const pick = (page: Page, ...files: ReturnType<typeof file>[]) =>
  page.locator('input[type="file"]').setInputFiles(files);

function askedOf(fake: FakeProvider): string {
  const { messages } = fake.exchanges.at(-1)!.body as { messages: { content: string }[] };
  return messages.at(-1)!.content;
}

Deno.test("C6: a file is picked, dropped from outside or pasted, shows how far it is read, and goes along as what it says", async () => {
  await scene(async ({ tab, page, fake }) => {
    await pick(page, file("held-notes.md", "# Notes\nby hand\n"));
    const held = chip(page, "held-notes.md", "reading");
    await held.getByText("50 %").waitFor();
    assertEquals(await held.locator("progress").getAttribute("aria-label"), "Reading held-notes.md");
    assertEquals(await tab.action("send").isDisabled(), true);
    assertStringIncludes(await page.locator("#composer-hint").innerText(), "still being read");
    await tab.composer.fill("Compare them");
    await tab.composer.press("Enter");
    assertEquals(await tab.questions.count(), 0);

    // A real drop, as the system hands it to the browser: two files and a folder.
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(join(folder, "data.csv"), "a,b\n1,2\n");
      await Deno.writeTextFile(join(folder, "fences.md"), "```ts\nlet a;\n```\n");
      await Deno.mkdir(join(folder, "src"));
      const names = ["data.csv", "fences.md", "src"].map((name) => join(folder, name));
      const cdp = await page.context().newCDPSession(page);
      const drag = (type: "dragEnter" | "dragOver" | "drop") =>
        cdp.send("Input.dispatchDragEvent", {
          type,
          x: 600,
          y: 200,
          data: { items: [], files: names, dragOperationsMask: 1 },
        });
      await drag("dragEnter");
      await drag("dragOver");
      await page.locator("form[data-dropping]").waitFor();
      await screenshot(page, "attachments-dropping");
      await drag("drop");
      await chip(page, "data.csv", "ready").getByText("CSV · 8 bytes").waitFor();
      await chip(page, "fences.md", "ready").waitFor();
      await chip(page, "src", "refused").getByText("A folder: attach the files in it").waitFor();
      assertEquals(await page.locator("form[data-dropping]").count(), 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }

    await tab.composer.evaluate((area) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["let pasted;"], "pasted.ts", { type: "video/mp2t" }));
      area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    await chip(page, "pasted.ts", "ready").waitFor();
    await page.evaluate(() =>
      (globalThis as unknown as { reading: { go: PromiseWithResolvers<void> } }).reading.go.resolve()
    );
    await chip(page, "held-notes.md", "ready").waitFor();
    await chip(page, "src", "refused").locator('[data-action="remove-file"]').click();
    assertEquals(await page.evaluate(() => document.activeElement?.id), "composer");
    await screenshot(page, "attachments");

    await tab.composer.press("Enter");
    await tab.answerWith("complete");
    const said = [
      "Compare them",
      '```md file="held-notes.md"\n# Notes\nby hand\n```',
      '```csv file="data.csv"\na,b\n1,2\n```',
      '````md file="fences.md"\n```ts\nlet a;\n```\n````',
      '```ts file="pasted.ts"\nlet pasted;\n```',
    ];
    assertEquals(askedOf(fake), said.join("\n\n"));
    assertEquals(await page.locator("[data-file]").count(), 0);

    // In the transcript a file is a line to be opened, in the first paint too.
    await page.reload();
    const question = tab.questions.first();
    assertEquals(await question.locator(".plain").innerText(), "Compare them");
    assertEquals(await question.locator("[data-attached]").count(), 4);
    const notes = question.locator('[data-attached="held-notes.md"]');
    assertEquals(await notes.locator("pre").isVisible(), false);
    await notes.locator("summary").press("Enter");
    assertEquals(await notes.locator("pre").innerText(), "# Notes\nby hand");
    assertMatch(await notes.locator("summary").innerText(), /2 lines/);
    await screenshot(page, "attachments-sent");
    assertEquals(await page.locator(".conversation .name").first().innerText(), "Compare them");
  });
});

Deno.test("C6: a file that cannot be read can be tried again, and one that cannot be sent says why; neither loses the others, and Send says what it leaves out", async () => {
  await scene(async ({ tab, page, fake }) => {
    const png = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(4, 2);
      canvas.getContext("2d")!.fillStyle = "rgb(200, 0, 0)";
      canvas.getContext("2d")!.fillRect(0, 0, 4, 2);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    await pick(
      page,
      file("broken-log.txt", "it works"),
      file("other.json", "{}"),
      { name: "photo.png", mimeType: "image/png", buffer: Buffer.from(png) },
      file("paper.pdf", "%PDF", "application/pdf"),
      file("empty.txt", ""),
      file("huge.log", "x".repeat(100_000)),
      { name: "tool.bin", mimeType: "", buffer: Buffer.from([1, 2, 0, 255]) },
    );
    const failed = chip(page, "broken-log.txt", "failed");
    await failed.getByText("It could not be read").waitFor();
    await chip(page, "other.json", "ready").waitFor();
    for (
      const [name, why] of [
        ["photo.png", "Pictures cannot be sent yet"],
        ["paper.pdf", "PDF files cannot be sent yet"],
        ["empty.txt", "The file is empty"],
        ["huge.log", "Too large"],
        ["tool.bin", "Not a text file"],
      ] as const
    ) await chip(page, name, "refused").getByText(why).waitFor();
    const drawn = chip(page, "photo.png", "refused").locator("canvas");
    await drawn.waitFor({ state: "visible" });
    assertEquals(
      await drawn.evaluate((
        canvas: HTMLCanvasElement,
      ) => [...canvas.getContext("2d")!.getImageData(40, 40, 1, 1).data]),
      [200, 0, 0, 255],
    );
    await screenshot(page, "attachments-refused");

    await page.evaluate(() =>
      (globalThis as unknown as { reading: { broken: boolean } }).reading.broken = false
    );
    await failed.locator('[data-action="retry-file"]').click();
    await chip(page, "broken-log.txt", "ready").waitFor();
    await chip(page, "other.json", "ready").waitFor();
    assertEquals(await page.locator("#composer-hint").innerText(), "Sends without 5 files");
    await page.getByRole("button", { name: "Send without 5 files" }).click();
    await tab.answerWith("complete");
    assertEquals(
      askedOf(fake),
      '```txt file="broken-log.txt"\nit works\n```\n\n```json file="other.json"\n{}\n```',
    );
    assertEquals(await page.locator("[data-file]").count(), 0);

    // Nothing at all is nothing to send.
    await pick(page, file("paper.pdf", "%PDF", "application/pdf"));
    await page.locator("#composer-hint").getByText("1 file cannot be sent, and there is nothing else yet")
      .waitFor();
    assertEquals(await tab.action("send").isDisabled(), true);
    assertEquals(fake.exchanges.length, 1);
  });
});

Deno.test("C6: what is too much for a message says by how much, the same file twice is one, and more than ten are told", async () => {
  await scene(async ({ tab, page, fake }) => {
    await pick(page, file("long.txt", "x".repeat(40_000)), file("small.txt", "y"));
    await chip(page, "long.txt", "ready").getByText("8,000 characters too many").waitFor();
    const hint = page.locator("#composer-hint");
    assertMatch(await hint.innerText(), /40,\d{3} of 32,000 characters: 8,\d{3} too many/);
    assertEquals([await hint.getAttribute("data-over"), await tab.action("send").isDisabled()], [
      "true",
      true,
    ]);
    await chip(page, "long.txt", "ready").locator('[data-action="remove-file"]').click();
    await hint.getByText("Enter sends").waitFor();

    await page.evaluate(() => {
      const twice = new File(["z"], "twice.txt", { lastModified: 1 });
      for (let i = 0; i < 2; i++) {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(twice);
        document.querySelector("#composer")!.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
        );
      }
    });
    await page.locator('[data-announcer="status"]').getByText("twice.txt is attached already").waitFor({
      state: "attached",
    });
    assertEquals(await page.locator("[data-file]").count(), 2);
    await pick(page, ...Array.from({ length: 12 }, (_, i) => file(`${i}.txt`, "z")));
    await page.locator(".toast").getByText("Left out: 4.").waitFor();
    assertEquals(await page.locator("[data-file]").count(), 10);
    assertEquals(fake.exchanges.length, 0);
  });
});

Deno.test("C6: files of a queued message are files again when it is edited, and the draft's own wait meanwhile", async () => {
  await scene(async ({ tab, page, fake, api, address }) => {
    fake.auto = undefined;
    await tab.send("A story");
    const story = await fake.next();
    await story.send("Once");
    await tab.composer.fill("With this");
    await pick(page, file("a.txt", "A"), file("b.txt", "B"));
    await chip(page, "b.txt", "ready").waitFor();
    await tab.composer.press("Enter");
    const queued = page.locator("[data-queued]");
    await queued.getByText("With this · a.txt · b.txt").waitFor();
    await tab.composer.fill("a draft");
    await pick(page, file("draft.txt", "D"));
    await chip(page, "draft.txt", "ready").waitFor();

    await queued.locator('[data-action="edit-queued"]').click();
    await chip(page, "a.txt", "ready").locator('[data-action="remove-file"]').click();
    assertEquals(await tab.composer.inputValue(), "With this");
    assertEquals(await page.locator("[data-file]").count(), 1);
    await tab.composer.fill("With that");
    await tab.action("save").click();
    await queued.getByText("With that · b.txt").waitFor();
    await chip(page, "draft.txt", "ready").waitFor();
    assertEquals([await tab.composer.inputValue(), await page.locator("[data-file]").count()], [
      "a draft",
      1,
    ]);

    await story.end();
    const next = await fake.next();
    assertEquals(askedOf(fake), 'With that\n\n```txt file="b.txt"\nB\n```');
    await next.send("Good.");
    await next.end();
    await tab.action("send").waitFor();
    assertEquals((await api.read(address.slice(-36))).messages.length, 4);
  });
});

Deno.test("C7: a long paste becomes a file that can be words again; with Shift it is words at once", async () => {
  await scene(async ({ tab, page, fake }) => {
    const lines = Array.from({ length: 600 }, (_, i) => `line ${i}`.padEnd(9)).join("\n");
    assert(lines.length > 5_000);
    const paste = async (text: string, keys: string) => {
      await page.evaluate((text) => navigator.clipboard.writeText(text), text);
      await tab.composer.press(keys);
    };
    await paste("short", "Control+V");
    assertEquals(await tab.composer.inputValue(), "short");
    await paste(lines, "Control+V");
    await chip(page, "pasted-text.txt", "ready").waitFor();
    assertEquals(await tab.composer.inputValue(), "short");
    await paste(`${lines}!`, "Control+V");
    await chip(page, "pasted-text-2.txt", "ready").waitFor();
    await screenshot(page, "attachments-pasted");
    await chip(page, "pasted-text-2.txt", "ready").locator('[data-action="remove-file"]').click();

    await chip(page, "pasted-text.txt", "ready").locator('[data-action="unwrap-file"]').click();
    await page.waitForFunction(
      (wanted) => document.querySelector<HTMLTextAreaElement>("#composer")?.value === wanted,
      `short${lines}`,
    );
    assertEquals(await page.locator("[data-file]").count(), 0);

    await tab.composer.fill("");
    await paste(lines, "Control+Shift+V");
    await page.waitForFunction(
      (wanted) => document.querySelector<HTMLTextAreaElement>("#composer")?.value === wanted,
      lines,
    );
    assertEquals(await page.locator("[data-file]").count(), 0);
    await tab.composer.fill("");
    await paste(lines, "Control+V");
    await chip(page, "pasted-text.txt", "ready").waitFor();
    await tab.composer.press("Enter");
    await tab.answerWith("complete");
    assertEquals(askedOf(fake), `\`\`\`txt file="pasted-text.txt"\n${lines}\n\`\`\``);
    assertEquals(await page.locator(".conversation .name").first().innerText(), "pasted-text.txt");
  });
});

Deno.test("C6: on a phone each file has targets for a finger, and the page stays as wide as it is", async () => {
  await scene(async ({ page }) => {
    await pick(
      page,
      file("a-file-with-quite-a-long-name-that-does-not-fit-anywhere.md", "x"),
      file("paper.pdf", "%PDF", "application/pdf"),
      file("pasted-text.txt", "x"),
    );
    await chip(page, "pasted-text.txt", "ready").waitFor();
    for (const width of [PHONE.width, 320]) {
      await page.setViewportSize({ ...PHONE, width });
      for (const button of await page.locator("form.composer button:visible").all()) {
        const { width, height } = (await button.boundingBox())!;
        assert(
          width >= TARGET_PX_MIN && height >= TARGET_PX_MIN,
          `${await button.getAttribute("data-action")}: ${width} by ${height} px`,
        );
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert(wide <= 0, `${wide} px too wide at ${width}`);
      await screenshot(page, `attachments-phone-${width}`);
    }
  }, { viewport: PHONE, touch: true });
});
