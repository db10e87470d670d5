// What accompanies a page once it is alive, and is not needed before: how evenly words appear, what a screen reader is
// told, and how a person who is elsewhere learns that an answer has ended.
import { effect } from "@preact/signals";
import { Announcer } from "../lib/client/announcer.ts";
import { Attention } from "../lib/client/attention.ts";
import { notify } from "../lib/client/notification.ts";
import { Pace } from "../lib/client/pace.ts";
import type { Store } from "../lib/client/store.ts";
import { systemClock as clock } from "../lib/core/time.ts";
import { spoken } from "./markdown/spoken.ts";

/** Where tabs leave word of what was told already. */
const TOLD = "told";
/** Answers that end at about the same time. */
const TOLD_MAX = 20;

/** Begins to accompany the page; what is returned ends it. */
export function accompany(store: Store): () => void {
  const { device, open, library, link, notices } = store;
  store.pace = new Pace();
  const announcer = new Announcer({
    clock,
    spoken,
    say: (said) => notices.announce(said),
    how: () => device.settings.peek().announce,
  });
  const attention = new Attention({
    clock,
    claim,
    visible: () => !document.hidden,
    open: () => open.id.peek(),
    wanted: () => device.settings.peek().notify === "on",
    mark: (marked) => store.mark(marked),
    notify: (conversation) => {
      const told = notify(conversation.title || "New conversation", "The answer is complete.", () => {
        globalThis.focus();
        void store.go(conversation.id);
      });
      // Whoever cannot be told so must not believe that they will be.
      if (!told) device.change("notify", "off");
    },
  });
  const woke = () => document.hidden || attention.woke();
  const said = (event: Event) => notices.announce({ status: (event as CustomEvent<string>).detail });
  document.body.dataset.accompanied = "";
  document.addEventListener("visibilitychange", woke);
  document.addEventListener("say", said);
  const ends = [
    effect(() => announcer.seen(open.state.value, open.shown.value)),
    effect(() => announcer.linked(link.value)),
    effect(() => attention.listed(library.listing.value.conversations)),
    () => announcer.close(),
    () => document.removeEventListener("visibilitychange", woke),
    () => document.removeEventListener("say", said),
  ];
  return () => ends.forEach((end) => end());
}

/** Without locks two tabs may both be the first: then a person is told twice, which is better than not at all. */
async function claim(what: string): Promise<boolean> {
  const first = () => {
    const told = (localStorage.getItem(TOLD) ?? "").split(" ");
    if (told.includes(what)) return false;
    localStorage.setItem(TOLD, [...told, what].slice(-TOLD_MAX).join(" "));
    return true;
  };
  try {
    return await (navigator.locks?.request(TOLD, first) ?? first());
  } catch {
    return true; // storage is forbidden or full: this tab cannot know of the others
  }
}
