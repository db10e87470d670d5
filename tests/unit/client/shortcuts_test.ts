import { assert, assertEquals } from "@std/assert";
import {
  caps,
  hintOf,
  keysOf,
  matches,
  type Pressed,
  shortcutOf,
  SHORTCUTS,
} from "@/lib/client/shortcuts.ts";

/** A key event: `Control+Shift+O`, and what the keyboard says of it where that differs. */
function press(keys: string, more: Partial<Pressed> = {}): Pressed {
  const parts = keys.split("+");
  const key = parts.at(-1)!;
  return {
    key,
    code: /^[A-Za-z]$/.test(key) ? `Key${key.toUpperCase()}` : key,
    ctrlKey: parts.includes("Control"),
    metaKey: parts.includes("Meta"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    ...more,
  };
}

const PC = { typing: false, mac: false };

Deno.test("K2: each key is pressed as the table says, and no other is", () => {
  assertEquals(shortcutOf(press("Control+k"), PC)?.name, "palette");
  assertEquals(shortcutOf(press("Control+Shift+O"), PC)?.name, "new-chat");
  assertEquals(shortcutOf(press("Alt+ArrowUp"), PC)?.name, "question-before");
  assertEquals(shortcutOf(press("Shift+Escape"), PC)?.name, "composer");
  assertEquals(shortcutOf(press("Escape"), PC)?.name, "stop");
  for (
    const keys of [
      "k",
      "Shift+K",
      "Control+Shift+K",
      "Control+Alt+k",
      "Control+o",
      "ArrowUp",
      "Control+ArrowUp",
    ]
  ) {
    assertEquals(shortcutOf(press(keys), PC), undefined, keys);
  }
});

Deno.test("K2: on a Mac it is Cmd and not Ctrl, which edits text there", () => {
  const mac = { typing: false, mac: true };
  assertEquals(shortcutOf(press("Meta+k"), mac)?.name, "palette");
  assertEquals(shortcutOf(press("Control+k"), mac), undefined);
  assertEquals(shortcutOf(press("Meta+k"), PC), undefined);
  assertEquals(hintOf("new-chat", true), "⇧⌘O");
  assertEquals(hintOf("new-chat", false), "Ctrl+Shift+O");
  assertEquals(caps("Alt+ArrowUp", true), ["⌥", "↑"]);
});

Deno.test("K2: signs are found where other keyboards have them, and letters under other scripts", () => {
  // On a German keyboard the slash is over the seven, and the question mark over the ß.
  assertEquals(shortcutOf(press("Shift+/", { code: "Digit7" }), PC)?.name, "composer");
  assertEquals(shortcutOf(press("Shift+?", { code: "Minus" }), PC)?.name, "shortcuts");
  assertEquals(shortcutOf(press("Control+Shift+:", { code: "Semicolon" }), PC)?.name, "copy-code");
  assertEquals(shortcutOf(press("Control+л", { code: "KeyK" }), PC)?.name, "palette");
  // Where K is elsewhere, the letter counts and not the place.
  assertEquals(shortcutOf(press("Control+k", { code: "KeyV" }), PC)?.name, "palette");
  assertEquals(shortcutOf(press("Control+v", { code: "KeyK" }), PC), undefined);
});

Deno.test("K2: while somebody writes, what writes a letter does nothing, and Escape is the field's", () => {
  const typing = { typing: true, mac: false };
  for (const keys of ["/", "?", "Shift+?", "Escape"]) {
    assertEquals(shortcutOf(press(keys), typing), undefined, keys);
  }
  for (const keys of ["Control+/", "Control+k", "Alt+End", "Shift+Escape"]) {
    assert(shortcutOf(press(keys), typing) !== undefined, keys);
  }
});

Deno.test("K2: no two shortcuts have the same keys, and each has some", () => {
  const all = SHORTCUTS.flatMap((shortcut) => keysOf(shortcut));
  assertEquals(new Set(all).size, all.length);
  for (const shortcut of SHORTCUTS) assert(keysOf(shortcut).length > 0, shortcut.name);
  // None that could be written is among those that are listened to while somebody writes.
  for (const { keys = [] } of SHORTCUTS) {
    for (const one of keys) assert(/^(Mod|Alt|Shift\+Escape)/.test(one), one);
  }
  assert(!matches("Mod+/", press("/"), false));
});
