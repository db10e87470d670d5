// The keys of the page, in one table: what listens, what is shown in the sheet and what the palette hints at are this.
//   K1  A key that writes a letter does nothing while somebody writes; no key does anything in a dialog, or while an
//       input method composes.
//   K2  Whoever switched them off has none, but for those of the composer.
import type { DeviceSettings } from "../protocol/device.ts";

export type ShortcutName =
  | "palette"
  | "new-chat"
  | "sidebar"
  | "copy-answer"
  | "copy-code"
  | "question-before"
  | "question-after"
  | "last-message"
  | "composer"
  | "shortcuts"
  | "stop";

export interface Shortcut {
  name: ShortcutName;
  /** What it does. */
  says: string;
  /** Each of them does it, also while somebody writes. `Mod` is Cmd on a Mac, and Ctrl elsewhere. */
  keys?: readonly string[];
  /** And each of these does it, unless somebody writes. */
  unlessTyping?: readonly string[];
  /** It goes on for as long as its keys are held. */
  repeats?: true;
}

/** What the page listens to, wherever the focus is. */
export const SHORTCUTS: readonly Shortcut[] = [
  { name: "palette", says: "Search and commands", keys: ["Mod+K"] },
  { name: "new-chat", says: "New chat", keys: ["Mod+Shift+O"] },
  { name: "sidebar", says: "Show or hide the sidebar", keys: ["Mod+Shift+S"] },
  { name: "question-before", says: "Question before", keys: ["Alt+ArrowUp"], repeats: true },
  { name: "question-after", says: "Question after", keys: ["Alt+ArrowDown"], repeats: true },
  { name: "last-message", says: "Last message", keys: ["Alt+End"] },
  { name: "copy-answer", says: "Copy the last answer", keys: ["Mod+Shift+C"] },
  { name: "copy-code", says: "Copy the last code", keys: ["Mod+Shift+;"] },
  { name: "composer", says: "Write a message", unlessTyping: ["/"], keys: ["Shift+Escape"] },
  { name: "stop", says: "Stop the answer", unlessTyping: ["Escape"] },
  { name: "shortcuts", says: "Keyboard shortcuts", unlessTyping: ["?"], keys: ["Mod+/"] },
];

/** All keys of a shortcut; the first is the one that is hinted at. */
export function keysOf({ keys = [], unlessTyping = [] }: Shortcut): readonly string[] {
  return [...unlessTyping, ...keys];
}

/** Keys that belong to a place, and are listened to there. */
export interface PlaceKeys {
  place: string;
  keys: readonly (readonly [says: string, ...keys: string[]])[];
}

export function placeKeys(sendKey: DeviceSettings["sendKey"]): PlaceKeys[] {
  const enterSends = sendKey === "enter";
  return [
    {
      place: "While writing",
      keys: [
        ["Send", ...(enterSends ? ["Enter", "Mod+Enter"] : ["Mod+Enter"])],
        ["New line", ...(enterSends ? ["Shift+Enter"] : ["Enter", "Shift+Enter"])],
        ["Stop the answer", "Escape"],
      ],
    },
    {
      place: "In the conversation",
      keys: [
        ["Message before, after", "ArrowUp", "ArrowDown"],
        ["First, last message", "Home", "End"],
        ["To what a message offers", "Enter"],
        ["Back to the message", "Escape"],
      ],
    },
  ];
}

/** What a key event says of itself. */
export type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

/** Whether these are the keys that were pressed. */
export function matches(keys: string, pressed: Pressed, mac: boolean): boolean {
  const { key, modifiers } = split(keys);
  const wants = (name: string) => modifiers.includes(name);
  const mod = wants("Mod");
  if (pressed.metaKey !== (mod && mac) || pressed.ctrlKey !== (mod && !mac)) return false;
  if (pressed.altKey !== wants("Alt")) return false;
  // Where a sign is on the keyboard, and whether with Shift, differs between countries.
  if ((isLetter(key) || key.length > 1 || wants("Shift")) && pressed.shiftKey !== wants("Shift")) {
    return false;
  }
  if (pressed.key.toLowerCase() === key.toLowerCase()) return true;
  // With Shift a sign is another one, and letters of other scripts are on the same keys.
  if (key === ";") return pressed.code === "Semicolon";
  return isLetter(key) && !isLetter(pressed.key) && pressed.code === `Key${key}`;
}

/** The shortcut that was pressed, if it does something here (K1). */
export function shortcutOf(pressed: Pressed, at: { typing: boolean; mac: boolean }): Shortcut | undefined {
  return SHORTCUTS.find((shortcut) =>
    (at.typing ? shortcut.keys ?? [] : keysOf(shortcut)).some((keys) => matches(keys, pressed, at.mac))
  );
}

const SIGNS: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
const MAC_SIGNS: Record<string, string> = { Mod: "⌘", Shift: "⇧", Alt: "⌥", Enter: "↩", End: "↘", Home: "↖" };

/** The keys as they are printed on a keyboard, one by one. */
export function caps(keys: string, mac: boolean): string[] {
  const { key, modifiers } = split(keys);
  // A Mac names them in this order.
  const order = mac ? ["Alt", "Shift", "Mod"] : ["Mod", "Alt", "Shift"];
  return [...order.filter((name) => modifiers.includes(name)), key].map((name) =>
    (mac ? MAC_SIGNS[name] : undefined) ?? SIGNS[name] ?? (name === "Mod" ? "Ctrl" : name)
  );
}

/** The same as one word, as hints say it. */
export function hintOf(name: ShortcutName, mac: boolean): string {
  return caps(keysOf(shortcutNamed(name))[0]!, mac).join(mac ? "" : "+");
}

export function shortcutNamed(name: ShortcutName): Shortcut {
  return SHORTCUTS.find((shortcut) => shortcut.name === name)!;
}

/** Whether Cmd is here what Ctrl is elsewhere. */
export function onMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

function split(keys: string): { key: string; modifiers: string[] } {
  const parts = keys.split("+");
  return { key: parts.at(-1)!, modifiers: parts.slice(0, -1) };
}

function isLetter(key: string): boolean {
  return /^[a-z]$/i.test(key);
}
