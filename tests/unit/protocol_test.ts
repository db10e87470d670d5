// PROTOCOL.md names the test of each rule; this holds it to that.
import { assert, assertEquals } from "@std/assert";
import { join, ROOT } from "../support/paths.ts";

const RULE = /^\|\s*([A-Z]-\d+)\s*\|(.+)\|\s*`(tests\/[^`]+)` "(.+)"\s*\|$/;

/** The rules of the document whose test is not where it says. */
async function broken(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const line of text.split("\n").filter((line) => /^\|\s*[A-Z]-\d/.test(line))) {
    const [, id, , file, name] = RULE.exec(line) ?? [];
    if (id === undefined || file === undefined || name === undefined) {
      found.push(`no test: ${line.slice(0, 60)}`);
      continue;
    }
    const source = await Deno.readTextFile(join(ROOT, file)).catch(() => "");
    if (!source.includes(`Deno.test("${name}"`) && !source.includes(`Deno.test(\n  "${name}"`)) {
      found.push(`${id}: ${file} has no test "${name}"`);
    }
  }
  return found;
}

Deno.test("every rule of PROTOCOL.md has an id of its own and a test that is there", async () => {
  const text = await Deno.readTextFile(join(ROOT, "PROTOCOL.md"));
  const ids = [...text.matchAll(/^\|\s*([A-Z]-\d+)\s*\|/gm)].map(([, id]) => id);
  assert(ids.length >= 30, `${ids.length} rules`);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(await broken(text), []);
});

Deno.test("a rule without a test, or whose test was renamed, is noticed", async () => {
  const here = "tests/unit/protocol_test.ts";
  assertEquals((await broken("| X-1 | Something. | |")).length, 1);
  assertEquals((await broken(`| X-2 | Something. | \`${here}\` "no such name" |`)).length, 1);
  assertEquals(
    await broken(`| X-3 | S. | \`${here}\` "a rule without a test, or whose test was renamed, is noticed" |`),
    [],
  );
});
