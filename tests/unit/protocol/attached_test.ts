// Files in the words of a message: what was joined is parted as it was, and nothing else is taken for a file.
import { assertEquals } from "@std/assert";
import { type AttachedText, inALine, parted } from "@/lib/protocol/attached.ts";
import { joined } from "@/lib/protocol/fenced.ts";
import { seeded } from "@/tests/support/random.ts";

const FILES: AttachedText[] = [
  { name: "notes.md", text: "# Notes\n\n```ts\nlet a = 1;\n```\n\nend" },
  { name: "no ending", text: "plain" },
  { name: "a.TSX", text: "````\n`````" },
  { name: "blank lines.txt", text: '\n\n``` file="x"\nnot a block' },
];

Deno.test("F1: words and files are parted as they were joined, whatever fences are in them", () => {
  for (const text of ["", "Look at this", "ends in lines\n\n", "``` \nunclosed", 'says file="x" itself']) {
    for (const files of [[], FILES.slice(0, 1), FILES, [...FILES].reverse()]) {
      assertEquals(parted(joined(text, files)), { text, files });
    }
  }
});

Deno.test("F1: random words and files are parted as they were joined", () => {
  const { between, seed } = seeded("files in words");
  const PIECES = ["`", "``", "```", "````", "\n", "\n\n", "a", ' file="b"', '``` file="b"\n', "  "];
  const drawn = () =>
    Array.from({ length: between(0, 11) }, () => PIECES[between(0, PIECES.length - 1)])
      .join("");
  for (let i = 0; i < 2_000; i++) {
    const text = drawn();
    if (parted(text).files.length > 0) continue; // the person wrote a file
    const files = Array.from(
      { length: between(1, 3) },
      () => ({ name: "b.c", text: `x${drawn()}` }),
    );
    const whole = parted(joined(text, files));
    assertEquals(whole, { text, files }, `seed ${seed}, ${JSON.stringify([text, files])}`);
  }
});

Deno.test("F1: what only looks like a file stays text", () => {
  for (
    const text of [
      'before\n``` file="a"\nx\n```', // no empty line before it
      '``` file="a"\nx\n``` and more',
      '``` file="a"\nx\n```\n\nwords after it',
      '``` file="a"\nnever closed',
      "```ts\nlet a;\n```",
      '``` file=""\nx\n```',
      '``` file="a`b"\nx\n```',
    ]
  ) assertEquals(parted(text), { text, files: [] }, text);
});

Deno.test("a fence that is opened a thousand times and never closed is read in no time that grows with its square", () => {
  const text = '\n\n```` file="a"\n'.repeat(2_000);
  assertEquals(parted(text).files, []);
});

Deno.test("a message in a line is its words and what its files are called", () => {
  assertEquals(inALine(joined("Look", FILES.slice(0, 2))), "Look · notes.md · no ending");
  assertEquals(inALine(joined("", FILES.slice(0, 1))), "notes.md");
  assertEquals(inALine("Only words"), "Only words");
});
