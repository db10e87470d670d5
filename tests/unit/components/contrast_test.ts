// Whoever reads can read it, in light and in dark.
import { assert } from "@std/assert";

/** What WCAG asks of text of this size, level AA. */
const CONTRAST_MIN = 4.5;

/** What the style sheets name by `light-dark()`: light first. */
async function roles(): Promise<Map<string, [light: string, dark: string]>> {
  const roles = new Map<string, [string, string]>();
  for (const name of ["tokens", "markdown"]) {
    const css = await Deno.readTextFile(new URL(`../../../static/${name}.css`, import.meta.url));
    for (const [, role, light, dark] of css.matchAll(/(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)) {
      roles.set(role!, [light!, dark!]);
    }
  }
  return roles;
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

/** Words, and the grounds that they stand on. */
const PAIRS: readonly [words: string, grounds: readonly string[]][] = [
  ["--ink", ["--paper", "--panel", "--raised", "--tint", "--found"]],
  ["--soft", ["--paper", "--panel", "--raised"]],
  ["--accent", ["--paper", "--panel", "--raised"]],
  ["--on-accent", ["--accent"]],
  ["--danger", ["--paper", "--raised"]],
  ["--amber", ["--paper", "--raised"]],
  ["--paper", ["--ink"]],
];

for (const [at, theme] of ["light", "dark"].entries()) {
  Deno.test(`words and code in colour are readable in ${theme}`, async () => {
    const all = await roles();
    const colour = (role: string) => {
      const both = all.get(role);
      assert(both !== undefined, `there is no ${role}`);
      return both[at]!;
    };
    const code = [...all.keys()].filter((role) => role.startsWith("--code-"));
    assert(code.length >= 9, "every kind of code has its colour");
    for (const [words, grounds] of [...PAIRS, ...code.map((role) => [role, ["--panel"]] as const)]) {
      for (const ground of grounds) {
        const found = contrast(colour(words), colour(ground));
        assert(found >= CONTRAST_MIN, `${words} has ${found.toFixed(2)} on ${ground}`);
      }
    }
  });
}
