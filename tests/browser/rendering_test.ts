// How an answer looks while it is written: nothing is drawn twice, nothing jumps, nothing is loaded before it is needed.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { asking } from "../support/asking.ts";
import { textOf } from "../support/chat_page.ts";
import { countTo } from "../support/count.ts";

/** Resolves after the page has drawn two frames: whatever was due is there. */
function drawn(page: Page): Promise<void> {
  return page.evaluate(() =>
    new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))
  );
}

const BODY = "const a: number = 1;\n\nexport function add(b: number): string {\n  return `${a + b}`;\n}";

Deno.test("R3: the buttons of a fence stay while it grows, and copy exactly what is in it, then and at its end", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    await call.send("Look:\n\n```ts\n");
    const copy = answer.locator('[data-action="copy-code"]');
    await copy.waitFor();
    const button = await copy.elementHandle();
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const code = answer.locator("pre code");
    for (let i = 0; i < BODY.length; i += 9) {
      await call.send(BODY.slice(i, i + 9));
      if (i !== 45) continue;
      await page.waitForFunction(
        (end) => document.querySelector("pre code")!.textContent === end,
        BODY.slice(0, i + 9),
      );
      await copy.click();
      assertEquals(await clipboard(), BODY.slice(0, i + 9));
    }
    // Half of the fence's end is neither shown nor copied.
    await call.send("\n``");
    await page.waitForFunction((body) => document.querySelector("pre code")!.textContent === body, BODY);
    await copy.click();
    assertEquals(await clipboard(), BODY);
    await call.send("`\n\nAnd that is all.");
    await call.end();
    await tab.answerWith("complete");
    await copy.click();
    assertEquals(await clipboard(), BODY);
    assertEquals(await code.textContent(), BODY);
    assert(await copy.evaluate((now, before) => now === before, button), "the button is the same node");

    const wrap = answer.locator('[data-action="wrap-code"]');
    await wrap.click();
    assertEquals(await wrap.getAttribute("aria-pressed"), "true");
    const space = () => answer.locator("pre").evaluate((pre) => getComputedStyle(pre).whiteSpace);
    assertEquals(await space(), "pre-wrap");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      answer.locator('[data-action="download-code"]').click(),
    ]);
    assertEquals(file.suggestedFilename(), "code.ts");
  });
});

Deno.test("R4: a fence is coloured once, when it is whole: no line moves, a selection in it stays, and it never turns plain", async () => {
  await asking(async ({ tab, page, call, answer, asked }) => {
    // Held until the plain code was looked at.
    const held = Promise.withResolvers<void>();
    await page.route(/\/typescript-\w+\.js/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await call.send(`Look:\n\n\`\`\`ts\n${BODY}`);
    await page.waitForFunction((body) => document.querySelector("pre code")?.textContent === body, BODY);
    assertEquals(asked("typescript"), []);
    assertEquals(asked("highlight"), []);
    const box = () => answer.locator("pre").evaluate((pre) => JSON.stringify(pre.getBoundingClientRect()));
    const plain = await box();
    await page.evaluate(() => {
      const code = document.querySelector("pre code")!;
      getSelection()!.setBaseAndExtent(code.firstChild!, 6, code.firstChild!, 40);
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => seen.push(code.querySelectorAll("span").length))
        .observe(code, { childList: true, subtree: true, characterData: true });
    });
    await call.send("\n```\n\nAnd");
    const coloured = page.waitForRequest(/\/typescript-\w+\.js/);
    await coloured;
    held.resolve();
    await answer.locator("pre .hljs-keyword").first().waitFor();
    assertEquals(await box(), plain);
    assertEquals(await page.evaluate(() => getSelection()!.toString()), BODY.slice(6, 40));
    for (let i = 0; i < 30; i++) await call.send(` word${i}`);
    await call.send("\n\n```python\nprint(1)\n```\n\nEnd.");
    await call.end();
    await tab.answerWith("complete");
    await answer.locator("pre").last().locator(".hljs-number").waitFor();
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    assertEquals(seen.length, 1, `coloured once, with ${seen} spans`);
    assertEquals(await answer.locator("pre code").first().textContent(), BODY);
    assertEquals([asked("highlight").length, asked("typescript").length, asked("python").length], [1, 1, 1]);

    // From the server it comes plain, and the page colours it without a complaint about what it found.
    await page.reload();
    await tab.live();
    await answer.locator("pre .hljs-keyword").first().waitFor();
    assertEquals(await answer.locator("pre code").first().textContent(), BODY);
  });
});

Deno.test("R4: a fence of 20 KB comes in lines, is coloured at its end, and no letter of it turns plain again", async () => {
  const line =
    "export const value: string = `${1 + 2}`; // a comment that makes the line as long as lines are\n";
  const lines = Math.ceil(20 * 1024 / line.length);
  await asking(async ({ tab, page, call, answer }) => {
    await call.send("Look:\n\n```ts\n");
    for (let i = 0; i < lines; i++) await call.send(line);
    await page.waitForFunction(
      (chars) => document.querySelector("pre code")?.textContent?.length === chars,
      lines * line.length - 1,
    );
    await page.evaluate(() => {
      const code = document.querySelector("pre code")!;
      const seen: { coloured: number; chars: number }[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() =>
        seen.push({ coloured: code.querySelectorAll("span").length, chars: code.textContent!.length })
      ).observe(code, { childList: true, subtree: true, characterData: true });
    });
    await call.send("```\n\nAfter it");
    await answer.locator("pre .hljs-keyword").first().waitFor();
    for (let i = 0; i < 60; i++) await call.send(` word${i}`);
    await call.end();
    await tab.answerWith("complete");
    await drawn(page);
    type Seen = { coloured: number; chars: number }[];
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
    const first = seen.findIndex(({ coloured }) => coloured > 0);
    assert(first >= 0 && seen.slice(first).every(({ coloured }) => coloured >= lines), JSON.stringify(seen));
    assertEquals(new Set(seen.map(({ chars }) => chars)), new Set([lines * line.length - 1]));
  });
});

Deno.test("R5: formulas are set when they are whole, by what is loaded with the first of them; money stays money", async () => {
  await asking(async ({ tab, page, call, answer, asked }) => {
    await call.send("It costs $5 to $10.\n\nThe sum of \\(x^");
    await tab.textThat((text) => text.endsWith("The sum of x^"));
    await drawn(page);
    assertEquals(asked("typeset"), []);
    await call.send("2\\) and $$\\frac{a}{b}$$ and \\(\\oops{\\) and \\(\\mathbb{R}\\).\n\n");
    await answer.locator("math").first().waitFor();
    await call.send("Then \\(y_1\\).");
    await call.end();
    await tab.answerWith("complete");
    await answer.locator("math").nth(3).waitFor();
    assertEquals(asked("typeset").length, 1);
    assertEquals(
      await answer.locator("math").evaluateAll((all) =>
        all.map((math) => math.querySelector("annotation")!.textContent)
      ),
      ["x^2", "\\frac{a}{b}", "\\mathbb{R}", "y_1"],
    );
    // Nodes of their own kind, which the browser draws as formulas.
    assertEquals(
      await answer.locator("mfrac").evaluate((node) => node.namespaceURI),
      "http://www.w3.org/1998/Math/MathML",
    );
    assertEquals(await answer.locator('[data-formula="source"]').textContent(), "\\oops{");
    assertEquals(await answer.locator("p").first().textContent(), "It costs $5 to $10.");
    await page.reload();
    await tab.live();
    await answer.locator("math").nth(3).waitFor();
  });
});

Deno.test("R13: a finished block is never touched again, and a selection in it or in the growing one outlives 500 tokens and the end", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    await call.send(
      "# Title\n\nA finished paragraph, **strong**.\n\n- one\n- two\n\n| a |\n| - |\n| 1 |\n\nMore.\n\nA growing",
    );
    await tab.textThat((text) => text.endsWith("A growing"));
    await page.evaluate(() => {
      const body = document.querySelector('[data-role="assistant"] [data-text]')!;
      const changes: string[] = [];
      Object.assign(globalThis, { changes, blocks: [...body.querySelectorAll(".section > *")].slice(0, 4) });
      for (const block of [...body.querySelectorAll(".section > *")].slice(0, 4)) {
        new MutationObserver((all) => changes.push(...all.map((one) => `${one.type} in ${block.localName}`)))
          .observe(block, { childList: true, subtree: true, characterData: true, attributes: true });
      }
    });
    const select = (words: string) =>
      page.evaluate((words) => {
        const walker = document.createTreeWalker(document.querySelector('[data-role="assistant"]')!, 4);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const at = node.textContent!.indexOf(words);
          if (at >= 0) return getSelection()!.setBaseAndExtent(node, at, node, at + words.length);
        }
        throw new Error(`"${words}" is not there`);
      }, words);
    const selected = () => page.evaluate(() => getSelection()!.toString());
    // The growing one first, and plainly: behind a bold word its run of text would not grow any more.
    for (const [round, words] of ["A growing", "finished paragraph"].entries()) {
      await select(words);
      for (let i = 0; i < 500; i++) {
        await call.send(round > 0 && i % 50 === 48 ? ` **w${round}x${i}**` : ` w${round}x${i}`);
      }
      await tab.textThat((text) => text.endsWith(`w${round}x499`));
      assertEquals(await selected(), words);
    }
    await call.send(".\n\nSee [it][1].\n\n[1]: https://example.com");
    await call.end();
    await tab.answerWith("complete");
    assertEquals(await selected(), "finished paragraph");
    const { changes, same } = await page.evaluate(() => {
      const { changes, blocks } = globalThis as unknown as { changes: string[]; blocks: Element[] };
      const body = document.querySelector('[data-role="assistant"] [data-text]')!;
      return {
        changes,
        same: blocks.every((block, i) => block === body.querySelectorAll(".section > *")[i]),
      };
    });
    assertEquals(changes, []);
    assert(same, "finished blocks are the same nodes");
    assertEquals(await answer.locator("a").getAttribute("href"), "https://example.com/");
  });
});

Deno.test("T9: 4,000 characters at once are shown within 24 frames, and whatever comes is drawn once in a frame", async () => {
  await asking(async ({ tab, page, call }) => {
    await call.send("Start.");
    await tab.textThat((text) => text === "Start.");
    await page.evaluate(() => {
      const body = document.querySelector('[data-role="assistant"] [data-text]')!;
      // A frame is counted when it begins; what changes in it is seen at its end.
      const seen: { frame: number; chars: number }[] = [];
      let frame = 0;
      Object.assign(globalThis, { seen });
      const count = () => {
        frame += 1;
        requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
      new MutationObserver(() => seen.push({ frame, chars: body.textContent!.length }))
        .observe(body, { childList: true, subtree: true, characterData: true });
    });
    const dump = "\n\n" + "日本語の文です。".repeat(50) + "\n\n" + "The quick brown fox. ".repeat(172);
    await call.send(dump + "END");
    await tab.textThat((text) => text.endsWith("END"));
    for (let i = 0; i < 200; i++) await call.send(` t${i}`);
    await tab.textThat((text) => text.endsWith("t199"));
    const seen = await page.evaluate(() =>
      (globalThis as unknown as { seen: { frame: number; chars: number }[] }).seen
    );
    const whole = seen.find(({ chars }) => chars > 4_000)!;
    assert(
      whole.frame - seen[0]!.frame <= 24,
      `shown ${whole.frame - seen[0]!.frame} frames after its first words`,
    );
    const frames = seen.map(({ frame }) => frame);
    assertEquals(frames.length, new Set(frames).size, `drawn twice in a frame: ${frames}`);
    await call.end();
    await tab.answerWith("complete");
  });
});

Deno.test("R9: a copied message is its source, and HTML for programs that know it", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    const source =
      "# Title\n\nA **bold** [link](https://example.com/) & \\(x^2\\).\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n" +
      "```ts\nlet a = 1;\n```\n\n- [x] done";
    await call.send(source);
    await call.end();
    await tab.answerWith("complete");
    await answer.locator("math").waitFor();
    await answer.locator("pre .hljs-keyword").waitFor();
    await answer.hover();
    await answer.locator('[data-action="copy"]').click();
    await answer.locator('[data-action="copy"][title="Copied"]').waitFor();
    const flavours = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const text = async (type: string) => await (await item!.getType(type)).text();
      return { plain: await text("text/plain"), html: await text("text/html") };
    });
    assertEquals(flavours.plain, source);
    for (
      const part of [
        /<h1[^>]*>Title<\/h1>/,
        /<strong[^>]*>bold<\/strong>/,
        /<a[^>]* href="https:\/\/example\.com\/"/,
        /<td[^>]*>1<\/td>/,
        /<pre[^>]*><code[^>]*>let a = 1;<\/code><\/pre>/,
        /<msup>/,
        /☑ done/,
      ]
    ) assertMatch(flavours.html, part);
    assert(!/<button|class="|Copy|hljs/.test(flavours.html), flavours.html);
  });
});

Deno.test("R16: each block has the direction of its own words, and a list with its marks", async () => {
  await asking(async ({ tab, call, answer }) => {
    await call.send("مرحبا بالعالم\n\nHello\n\n- واحد\n- اثنان\n\n> اقتباس\n\n`مرحبا` is Arabic.");
    await call.end();
    await tab.answerWith("complete");
    const directions = await answer.locator("[data-text] .section > *").evaluateAll((all) =>
      all.map((one) => `${one.localName} ${getComputedStyle(one).direction}`)
    );
    assertEquals(directions, ["p rtl", "p ltr", "ul rtl", "blockquote rtl", "p rtl"]);
  });
});

Deno.test("R16: what is written without spaces or full stops is shown as it comes, piece by piece", async () => {
  await asking(async ({ tab, page, call }) => {
    let said = "";
    for (const piece of ["日", "本語で", "答えます", "그리고 한국어", "也会说中文"]) {
      await call.send(piece);
      said += piece;
      // The next piece is not sent before this one is seen.
      await page.waitForFunction(
        (said) => document.querySelector('[data-role="assistant"] [data-text]')?.textContent === said,
        said,
      );
    }
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), said);
  });
});

Deno.test("T1: each of a hundred pieces is drawn when it comes, not with the next", async () => {
  await asking(async ({ tab, page, call }) => {
    for (let i = 1; i <= 100; i++) {
      await call.send(i === 1 ? "1" : ` ${i}`);
      await page.waitForFunction(
        (end) =>
          document.querySelector('[data-role="assistant"] [data-text]')?.textContent?.split(" ").at(-1) ===
            end,
        String(i),
      );
    }
    await call.end();
    assertEquals(await textOf(await tab.answerWith("complete")), countTo(100));
  });
});

Deno.test("R1: wide things scroll in boxes of their own, and the page never does, at 320 px", async () => {
  await asking(async ({ tab, page, call, answer }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    const word = "w".repeat(300);
    await call.send([
      `${word} \`${word}\` https://example.com/${word}`,
      `| ${"head | ".repeat(12)}\n| ${"- | ".repeat(12)}\n| ${"cell | ".repeat(12)}`,
      `\`\`\`ts\nconst ${word} = 1;\n\`\`\``,
      `So \\(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p = \\frac{x}{y}\\) and`,
      `$$\n${"a + ".repeat(60)}b\n$$`,
      `> - [ ] ${word}\n>   1. ${word}`,
      `![${word}](https://example.com/${word})`,
      `<div>${word}</div>`,
    ].join("\n\n"));
    await call.end();
    await tab.answerWith("complete");
    await answer.locator("math").nth(1).waitFor();
    for (const box of ["html", ".log"]) {
      const widths = await page.locator(box).evaluate((
        { scrollWidth, clientWidth },
      ) => [scrollWidth, clientWidth]);
      assert(widths[0]! <= widths[1]!, `${box} is ${widths[0]} px wide of ${widths[1]}`);
    }
    for (const box of [".table", "pre", ".math", ".formula.long"]) {
      const scrolls = await answer.locator(box).first().evaluate((el) => el.scrollWidth > el.clientWidth);
      assert(scrolls, `${box} scrolls`);
    }
  });
});
