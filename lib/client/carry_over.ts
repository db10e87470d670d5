// What was not sent of a conversation that takes nothing any more, carried over to one that is not begun.
import type { Id } from "../core/ids.ts";
import { parted } from "../protocol/attached.ts";
import { draftFiles } from "./draft_files.ts";
import type { Drafts } from "./drafts.ts";

/** Words in the order in which they were written, and all files. False: this tab alone has them. */
export function carryOver(drafts: Drafts, from: Id | null): boolean {
  const left = drafts.read(from);
  const beginning = from === null ? { ...left, text: "", files: [] } : drafts.read(null);
  const unsent = left.unsent.map(({ text }) => parted(text));
  const texts = [beginning.text, ...unsent.map(({ text }) => text), left.text];
  drafts.belongTo(null); // whoever goes on with them, perhaps in a session of their own, is their person
  drafts.write(from, { text: "", unsent: [] }); // first, so that there is room for the other
  drafts.write(null, {
    ...beginning,
    text: texts.filter((text) => text.trim() !== "").join("\n\n"),
    unsent: [],
    files: [
      ...(beginning.files ?? []),
      ...unsent.flatMap(({ files }) => draftFiles(files)),
      ...(left.files ?? []),
    ],
  });
  return drafts.keeps(null);
}
