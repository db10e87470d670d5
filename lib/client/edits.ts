// Words that were typed for messages that are there, in the draft of their conversation. Loaded with what edits them.
import type { Id } from "../core/ids.ts";
import type { Editing } from "./editing.ts";

/** What was typed for a message; undefined: nothing. */
export function wordsFor({ drafts, id }: Editing, messageId: Id): string | undefined {
  return drafts.read(id()).edits?.[messageId];
}

/** Keeps what was typed; undefined gives it up. The last one that was kept is opened by the next visit. */
export function keepWords({ drafts, id }: Editing, messageId: Id, words: string | undefined): void {
  const { [messageId]: _, ...others } = drafts.read(id()).edits ?? {};
  drafts.change(id(), { edits: words === undefined ? others : { ...others, [messageId]: words } });
}
