// Listens to the keys of the page, and to addresses that name a message. Loaded once the page has settled.
import { run } from "./commands.ts";
import { addressed, reveal } from "./reveal.ts";
import { Roving } from "./roving.ts";
import { onMac, shortcutOf } from "./shortcuts.ts";
import type { Store } from "./store.ts";
import { isComposing } from "./composition.ts";

/** Fields in which keys write letters. */
const WRITING = "textarea, select, [contenteditable]:not([contenteditable='false']), " +
  "input:not([type='checkbox'], [type='radio'], [type='range'], [type='button'], [type='submit'], [type='file'])";

export function listen(store: Store): void {
  const mac = onMac();
  // What hints at keys does so only while they are listened to.
  store.device.settings.subscribe(({ shortcuts }) => {
    if (shortcuts === "off") delete document.body.dataset.keys;
    else document.body.dataset.keys = mac ? "mac" : "pc";
  });
  const roving = new Roving(() => store.pin.peek());
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (event.defaultPrevented || isComposing(event)) return;
    // What a browser does not know within :is() is as if not there.
    if (document.querySelector(":is(dialog[open], :popover-open)") !== null) return;
    const typing = target.matches(WRITING);
    if (!typing && roving.pressed(event)) return event.preventDefault();
    const shortcut = shortcutOf(event, { typing, mac });
    if (shortcut === undefined) return;
    const { name } = shortcut;
    if (store.device.settings.peek().shortcuts === "off" && name !== "stop") return;
    // An Escape in the sidebar closes it there.
    if (name === "stop" && target.closest(".sidebar") !== null) return;
    // With Alt a Mac moves the caret by paragraphs.
    if (mac && event.altKey && typing && (target as HTMLTextAreaElement).value !== "") return;
    if (event.repeat && shortcut.repeats !== true) return event.preventDefault();
    if (run(store, name)) event.preventDefault();
  });
  const go = () => {
    const messageId = addressed();
    const conversationId = store.open.id.peek();
    if (messageId !== null && conversationId !== null) void reveal(store, { conversationId, messageId });
  };
  // The store hears of it first: by then it has the conversation that the address names.
  addEventListener("popstate", go);
  go();
}
