// Files on their way into a message.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { signal } from "@preact/signals";
import { Attaching, FILES_MAX, KEPT_CHARS_MAX } from "@/lib/client/attaching.ts";
import { FILE_BYTES_MAX, fileName, textIn } from "@/lib/client/text_file.ts";
import { type DraftFile, Drafts } from "@/lib/client/drafts.ts";
import type { Id } from "@/lib/core/ids.ts";
import { FakeShelf } from "./fake_browser.ts";
import { id } from "./sample.ts";

function scene() {
  const files = signal<readonly DraftFile[]>([]);
  const drafts = new Drafts(new FakeShelf());
  const told: string[] = [];
  const said: string[] = [];
  let open: Id | null = id(1);
  const keep = () => drafts.change(open, { files: files.peek().filter(({ state }) => state !== "reading") });
  const again = () => files.value = drafts.read(open).files ?? [];
  const attaching = new Attaching({
    files,
    drafts,
    box: { current: null },
    notices: {
      show: ({ text }) => void told.push(text),
      announce: ({ status = "" }) => void said.push(status),
    },
    open: () => open,
    show: () => {},
    keep,
    again,
    insert: () => {},
    focus: () => {},
  });
  const enter = (to: Id | null) => {
    open = to;
    again();
  };
  /** Resolves when no file is being read. */
  const settled = async () => {
    while (files.peek().some(({ state }) => state === "reading")) await new Promise((r) => setTimeout(r));
  };
  const states = () => files.peek().map(({ name, state }) => `${name}: ${state}`);
  return { files, drafts, told, said, attaching, enter, settled, states };
}

const textFile = (name: string, text: string, type = "text/plain") => new File([text], name, { type });

/** A file whose bytes come, or fail, when the test says so. */
function heldFile(name: string, bytes: Uint8Array) {
  const held = textFile(name, "x".repeat(bytes.length));
  const asked: ReadableStreamDefaultController<Uint8Array>[] = [];
  held.stream = () => new ReadableStream({ start: (controller) => void asked.push(controller) });
  return { file: held, asked };
}

Deno.test("F2: of many files those that are text can go along, and each of the others says why not", async () => {
  const { attaching, files, settled, states } = scene();
  attaching.add([
    textFile("notes.md", "# Notes\r\n"),
    textFile("main.ts", "let a;", "video/mp2t"),
    textFile("logo.svg", "<svg/>", "image/svg+xml"),
    textFile("photo.png", "png", "image/png"),
    textFile("paper.pdf", "pdf", ""),
    textFile("sheet.xlsx", "zip"),
    new File([new Uint8Array([0x50, 0x4b, 0, 1, 2])], "archive.zip"),
    textFile("empty.txt", ""),
    textFile("huge.log", "x".repeat(FILE_BYTES_MAX + 1)),
    "src",
  ]);
  await settled();
  assertEquals(states(), [
    "notes.md: ready",
    "main.ts: ready",
    "logo.svg: ready",
    "photo.png: refused",
    "paper.pdf: refused",
    "sheet.xlsx: refused",
    "archive.zip: refused",
    "empty.txt: refused",
    "huge.log: refused",
    "src: refused",
  ]);
  const [notes] = files.peek();
  assertEquals(notes?.state === "ready" && notes.text, "# Notes");
  const whys = files.peek().flatMap((file) => file.state === "refused" ? [file.why] : []);
  for (
    const [i, word] of ["Pictures", "PDF", "Office", "text file", "empty", "Too large", "folder"].entries()
  ) {
    assertStringIncludes(whys[i] ?? "", word);
  }
});

Deno.test("the same file twice is one, another of its name has a number, and more than ten are told", async () => {
  const { attaching, states, told, said, settled } = scene();
  const notes = textFile("notes.md", "a");
  attaching.add([notes, notes, textFile("notes.md", "another")]);
  await settled();
  assertEquals(states(), ["notes.md: ready", "notes-2.md: ready"]);
  assertEquals(said[0], "notes.md is attached already");
  attaching.add(Array.from({ length: 12 }, (_, i) => textFile(`${i}.txt`, "x")));
  await settled();
  assertEquals([states().length, told], [FILES_MAX, ["10 files at most go with a message. Left out: 4."]]);
});

Deno.test("F2: a file that fails is read again when asked to, and one that is taken away is not read to its end", async () => {
  const { attaching, files, settled, states } = scene();
  const { file, asked } = heldFile("slow.txt", new Uint8Array(4));
  const gone = heldFile("gone.txt", new Uint8Array(4));
  attaching.add([file, gone.file, textFile("other.txt", "fine")]);
  asked[0]!.enqueue(new TextEncoder().encode("ab"));
  while (!files.peek().some((one) => one.state === "reading" && one.share === 0.5)) {
    await new Promise((r) => setTimeout(r));
  }
  attaching.remove(files.peek()[1]!.id);
  asked[0]!.error(new DOMException("gone", "NotReadableError"));
  await settled();
  assertEquals(states(), ["slow.txt: failed", "other.txt: ready"]);
  attaching.retry(files.peek()[0]!.id);
  attaching.retry(files.peek()[0]!.id);
  assertEquals(asked.length, 2, "once for two clicks");
  asked[1]!.enqueue(new TextEncoder().encode("abcd"));
  asked[1]!.close();
  await settled();
  assertEquals(states(), ["slow.txt: ready", "other.txt: ready"]);
});

Deno.test("F3: a file that is read when another chat is open belongs to the draft that it came to", async () => {
  const { attaching, drafts, enter, states } = scene();
  const { file, asked } = heldFile("slow.txt", new Uint8Array(2));
  attaching.add([file, textFile("b.txt", "b")]);
  enter(id(2));
  asked[0]!.enqueue(new TextEncoder().encode("ab"));
  asked[0]!.close();
  while ((drafts.read(id(1)).files?.length ?? 0) < 2) await new Promise((r) => setTimeout(r));
  assertEquals(states(), []);
  enter(id(1));
  assertEquals(states().sort(), ["b.txt: ready", "slow.txt: ready"]);
});

Deno.test("a file that grew while it was read fails, and files of too much text together are refused", async () => {
  const { attaching, settled, states } = scene();
  const { file, asked } = heldFile("grown.txt", new Uint8Array(2));
  attaching.add([file]);
  asked[0]!.enqueue(new TextEncoder().encode("abc"));
  await settled();
  assertEquals(states(), ["grown.txt: failed"]);
  const large = "x".repeat(90_000);
  attaching.add([textFile("1.txt", large)]);
  await settled();
  attaching.add([textFile("2.txt", large)]);
  await settled();
  attaching.add([textFile("3.txt", "x".repeat(KEPT_CHARS_MAX - 180_000 + 1))]);
  await settled();
  assertEquals(states().slice(1), ["1.txt: ready", "2.txt: ready", "3.txt: refused"]);
});

Deno.test("text is what decodes without a fault and has no control characters; UTF-16 says that it is", () => {
  const bytes = (...numbers: number[]) => new Uint8Array(numbers);
  assertEquals(textIn(new TextEncoder().encode("\ufeffa\r\nb\rc\n")), "a\nb\nc");
  assertEquals(textIn(bytes(0xff, 0xfe, 0x61, 0, 0x0a, 0)), "a");
  assertEquals(textIn(bytes(0xfe, 0xff, 0, 0x61)), "a");
  assertEquals([textIn(bytes(0xc3, 0x28)), textIn(bytes(0x61, 0)), textIn(bytes(0x61, 1))], [
    null,
    null,
    null,
  ]);
  assertEquals(textIn(new TextEncoder().encode("\x1b[31mred\t\f")), "\x1b[31mred\t\f", "a log with colours");
});

Deno.test("a name is one line without quotes, marks of direction or a length that hides its ending", () => {
  assertEquals(fileName('a"b`c\n\u202egnp.exe'), "a'b'cgnp.exe");
  assertEquals(fileName("  \u200b "), "file");
  const long = fileName(`${"x".repeat(300)}.tsx`);
  assertEquals([long.length, long.endsWith("….tsx")], [100, true]);
  assertEquals(fileName(`${"x".repeat(94)}😀😀😀.tsx`).isWellFormed(), true);
});
