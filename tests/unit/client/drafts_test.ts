import { assertEquals } from "@std/assert";
import { Drafts } from "@/lib/client/drafts.ts";
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
  shelf.full = true;
  new Drafts(shelf).writeText(id(1), "kept in the box at least");
  assertEquals(shelf.length, 0, "room was made");
  new Drafts(null).writeText(id(1), "x");
  assertEquals(new Drafts(null).read(id(1)).text, "");
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
