// What the page can be told to do, by a key or by its name.
import type { DialogName } from "./dialog_name.ts";
import { step } from "./questions.ts";
import { clearMark } from "./found.ts";
import type { ShortcutName } from "./shortcuts.ts";
import type { Store } from "./store.ts";
import { until } from "./until.ts";

/** From this width on the sidebar stands beside the conversation (`adaptive.css`). */
const NARROW = "(max-width: 48rem)";

/** Does what a shortcut says. False: there is nothing to do, and the key is somebody else's. */
export function run(store: Store, name: ShortcutName): boolean {
  switch (name) {
    case "palette":
    case "shortcuts":
      store.dialog.value = name;
      return true;
    case "new-chat":
      newChat(store);
      return true;
    case "sidebar":
      turnSidebar(store);
      return true;
    case "copy-answer":
      void copyLast(store, "copy", "answer");
      return true;
    case "copy-code":
      void copyLast(store, "copy-code", "code");
      return true;
    case "question-before":
      void step(store, -1);
      return true;
    case "question-after":
      void step(store, 1);
      return true;
    case "last-message":
      toLast(store);
      return true;
    case "composer":
      document.getElementById("composer")?.focus();
      return true;
    case "stop":
      if (!store.busy.peek() || store.stopping.peek()) return clearMark();
      void store.stop();
      return true;
  }
}

export interface Command {
  name: string;
  says: string;
  /** Other words by which people look for it. */
  also: string;
  shortcut?: ShortcutName;
  run(): void;
}

/** What can be done now, most wanted first. */
export function commandsOf(store: Store): Command[] {
  const open = store.open.id.peek();
  const dialog = (name: DialogName) => () => void (store.dialog.value = name);
  const shortcut = (name: ShortcutName) => ({ shortcut: name, run: () => void run(store, name) });
  const isBegun = open !== null && store.open.shown.peek().length > 0;
  return [
    { name: "new-chat", says: "New chat", also: "conversation begin start", ...shortcut("new-chat") },
    ...(store.busy.peek()
      ? [{ name: "stop", says: "Stop the answer", also: "cancel abort", ...shortcut("stop") }]
      : []),
    ...(isBegun
      ? [
        {
          name: "outline",
          says: "Questions in this chat",
          also: "outline contents jump messages",
          run: dialog("outline"),
        },
        {
          name: "copy-answer",
          says: "Copy the last answer",
          also: "reply clipboard",
          ...shortcut("copy-answer"),
        },
        { name: "copy-code", says: "Copy the last code", also: "clipboard block", ...shortcut("copy-code") },
        {
          name: "last-message",
          says: "Go to the last message",
          also: "end latest",
          ...shortcut("last-message"),
        },
      ]
      : []),
    {
      name: "settings",
      says: "Chat settings",
      also: "preferences options instructions",
      run: dialog("settings"),
    },
    {
      name: "theme",
      says: "Light or dark",
      also: "theme mode colours colors",
      run: () => store.device.turn(),
    },
    { name: "archive", says: "Archive", also: "archived put away old chats", run: dialog("archive") },
    { name: "trash", says: "Trash", also: "bin restore removed chats", run: dialog("trash") },
    { name: "sidebar", says: "Show or hide the sidebar", also: "list panel menu", ...shortcut("sidebar") },
    { name: "shortcuts", says: "Keyboard shortcuts", also: "keys help", ...shortcut("shortcuts") },
    ...(open === null ? [] : [{
      name: "delete",
      says: "Delete this chat",
      also: "remove conversation trash",
      run: () => void store.remove(open),
    }]),
  ];
}

function newChat(store: Store): void {
  store.drawer.value = false;
  if (store.open.id.peek() !== null) void store.go(null);
  else document.getElementById("composer")?.focus();
}

function turnSidebar(store: Store): void {
  if (matchMedia(NARROW).matches) {
    store.drawer.value = !store.drawer.peek();
    return;
  }
  const hides = store.device.settings.peek().sidebar === "shown";
  const held = document.getElementById("sidebar")?.contains(document.activeElement);
  store.device.fold();
  if (hides && held) document.querySelector<HTMLElement>('[data-action="fold"]')?.focus();
}

/** The end of the conversation. Whoever writes goes on writing. */
function toLast(store: Store): void {
  store.pin.peek()?.jump();
  const messages = document.querySelectorAll<HTMLElement>(".log article");
  if (document.activeElement?.matches("textarea, input") !== true) {
    messages[messages.length - 1]?.focus({ preventScroll: true });
  }
}

/** Presses the last copy button of its kind, which knows how, and says out loud what came of it: it may be out of view. */
async function copyLast(store: Store, action: "copy" | "copy-code", what: string): Promise<void> {
  const within = '.log article[data-role="assistant"]';
  const buttons = document.querySelectorAll<HTMLElement>(`${within} [data-action="${action}"]`);
  const button = buttons[buttons.length - 1];
  if (button === undefined) {
    store.notices.show({ tone: "calm", text: `There is no ${what} to copy yet.` });
    return;
  }
  button.click();
  const said = await until(() => /^(Copied|Copying failed)/.exec(button.textContent ?? "")?.[1] ?? null);
  store.notices.show(
    said === "Copied"
      ? { tone: "calm", text: `Copied the last ${what}.` }
      : { tone: "error", text: `The last ${what} could not be copied.` },
  );
}
