import { assertEquals } from "@std/assert";
import { carryOver } from "@/lib/client/carry_over.ts";
import { draftFiles } from "@/lib/client/draft_files.ts";
import { Drafts } from "@/lib/client/drafts.ts";
import { joined } from "@/lib/protocol/fenced.ts";
import { FakeShelf } from "./fake_browser.ts";
import { id } from "./sample.ts";

const unsent = { id: id(5), text: "sent?", model: "demo/tour" };

Deno.test("each conversation keeps its draft, and the one not begun has its own", () => {
  const shelf = new FakeShelf();
  new Drafts(shelf).writeText(null, "new");
  new Drafts(shelf).writeText(id(1), "old");
  const again = new Drafts(shelf);
  assertEquals([again.read(null).text, again.read(id(1)).text, again.read(id(2)).text], ["new", "old", ""]);
});

Deno.test("what was sent and not accepted stays beside what is typed, until it is accepted", () => {
  const drafts = new Drafts(new FakeShelf());
  drafts.addUnsent(id(1), unsent);
  drafts.addUnsent(id(1), unsent);
  drafts.writeText(id(1), "next");
  assertEquals(drafts.read(id(1)), { text: "next", unsent: [unsent] });
  drafts.removeUnsent(id(1), unsent.id);
  assertEquals(drafts.read(id(1)), { text: "next", unsent: [] });
});

Deno.test("D2: drafts are of one person, and outlive a session only in a page that saw it end", () => {
  const shelf = new FakeShelf();
  const first = new Drafts(shelf);
  first.belongTo(id(7));
  first.writeText(null, "mine");
  first.belongTo(id(7));
  assertEquals(new Drafts(shelf).read(null).text, "mine");
  // The page said that the session is over, and its person loads it again.
  first.belongTo(null);
  new Drafts(shelf).belongTo(id(8));
  assertEquals([first.read(null).text, first.conversations()], ["mine", [null]]);
  new Drafts(shelf).belongTo(id(9));
  assertEquals([first.read(null).text, first.conversations()], ["", []]);
  shelf.full = true;
  new Drafts(shelf).belongTo(id(7));
  new Drafts(null).belongTo(id(7));
});

Deno.test("an empty draft takes no room", () => {
  const shelf = new FakeShelf();
  const drafts = new Drafts(shelf);
  drafts.writeText(id(1), "x");
  drafts.writeText(id(1), "");
  assertEquals(shelf.length, 0);
});

Deno.test("a shelf that is full, absent or holds nonsense never stops a person from typing", () => {
  const shelf = new FakeShelf();
  shelf.setItem("throughline.draft.new", "{not json");
  assertEquals(new Drafts(shelf).read(null).text, "");
  assertEquals(new Drafts(null).read(id(1)).text, "");
});

Deno.test("D1: what a shelf has no room for is kept by the tab, which tells its person once, and no other draft goes for it", () => {
  for (const shelf of [new FakeShelf(), null]) {
    if (shelf !== null) new Drafts(shelf).writeText(id(1), "another's words");
    if (shelf !== null) shelf.full = true;
    let told = 0;
    const drafts = new Drafts(shelf, () => told++);
    drafts.writeText(id(2), "a");
    drafts.writeText(id(2), "ab");
    drafts.addUnsent(id(2), unsent);
    assertEquals(drafts.read(id(2)), { text: "ab", unsent: [unsent] });
    assertEquals([drafts.read(id(1)).text, told], [shelf === null ? "" : "another's words", 1]);
    if (shelf === null) continue;
    shelf.full = false;
    drafts.writeText(id(2), "abc");
    assertEquals(new Drafts(shelf).read(id(2)), { text: "abc", unsent: [unsent] }, "there is room again");
  }
});

Deno.test("C3: all that was not sent of a conversation becomes the draft of a new one, files and what was there included", () => {
  const shelf = new FakeShelf();
  const drafts = new Drafts(shelf);
  const file = { name: "a.md", text: "# A" };
  drafts.change(null, { text: "begun", beginning: { systemPrompt: "Be brief." } });
  drafts.addUnsent(id(1), { ...unsent, text: joined("first", [file]) });
  drafts.change(id(1), { text: "second", files: draftFiles([{ name: "b.txt", text: "B" }]) });
  assertEquals(carryOver(drafts, id(1)), true);
  const { files = [], ...rest } = new Drafts(shelf).read(null);
  assertEquals(rest, {
    text: "begun\n\nfirst\n\nsecond",
    unsent: [],
    beginning: { systemPrompt: "Be brief." },
  });
  assertEquals(files.map(({ name }) => name), ["a.md", "b.txt"]);
  assertEquals([drafts.read(id(1)).text, drafts.read(id(1)).unsent], ["", []]);

  drafts.addUnsent(null, { ...unsent, text: "third" });
  assertEquals(carryOver(drafts, null), true);
  const again = drafts.read(null);
  assertEquals([again.text, again.unsent, again.files?.length], ["third\n\nbegun\n\nfirst\n\nsecond", [], 2]);

  shelf.full = true;
  drafts.writeText(id(1), "no room");
  assertEquals(carryOver(drafts, id(1)), false, "another page would not have it");
  assertEquals(drafts.read(null).text.endsWith("no room"), true);
});

Deno.test("what was chosen for later stays beside what is typed, until both are gone", () => {
  const shelf = new FakeShelf();
  const drafts = new Drafts(shelf);
  drafts.change(null, { once: "a/b", beginning: { systemPrompt: "Be brief." } });
  drafts.writeText(null, "words");
  drafts.addUnsent(null, unsent);
  drafts.removeUnsent(null, unsent.id);
  drafts.writeText(null, "");
  assertEquals(new Drafts(shelf).read(null), {
    text: "",
    unsent: [],
    once: "a/b",
    beginning: { systemPrompt: "Be brief." },
  });
  drafts.change(null, { once: undefined, beginning: undefined });
  assertEquals(shelf.length, 0);
});
