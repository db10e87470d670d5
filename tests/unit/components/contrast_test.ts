// Whoever reads code can read it, in light and in dark.
import { assert, assertEquals } from "@std/assert";

/** What WCAG asks of text of this size, level AA. */
const CONTRAST_MIN = 4.5;

const [styles, markdown] = await Promise.all(
  ["styles", "markdown"].map((name) =>
    Deno.readTextFile(new URL(`../../../static/${name}.css`, import.meta.url))
  ),
);

/** The colours that a rule gives names to. */
function colours(css: string, selector: string): Record<string, string> {
  const from = css.indexOf(`${selector} {`);
  assert(from >= 0, `there is no ${selector}`);
  const rule = css.slice(from, css.indexOf("}", from));
  return Object.fromEntries(
    [...rule.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]),
  );
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

for (const [theme, selector] of [["light", ":root"], ["dark", ':root[data-theme="dark"]']] as const) {
  Deno.test(`code in colour is readable in ${theme}`, () => {
    const paper = colours(styles!, selector)["--panel"]!;
    const inks = Object.entries(colours(markdown!, selector)).filter(([name]) => name.startsWith("--code-"));
    assert(inks.length >= 9, "every kind of code has its colour");
    for (const [name, ink] of inks) {
      assert(
        contrast(ink, paper) >= CONTRAST_MIN,
        `${name} has ${contrast(ink, paper).toFixed(2)} on ${paper}`,
      );
    }
  });
}

Deno.test("the dark colours of code are the same by the system's choice and by the person's", () => {
  assertEquals(
    colours(markdown!, ':root:not([data-theme="light"])'),
    colours(markdown!, ':root[data-theme="dark"]'),
  );
});
