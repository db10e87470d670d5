// Files of a message, as a draft has them.
import type { AttachedText } from "../protocol/attached.ts";
import type { DraftFile } from "./drafts.ts";

let made = 0;

/** Its own among all files of this browser's drafts, another tab's included. */
export function fileId(): string {
  return `${Date.now()}.${Math.random()}.${++made}`;
}

export function draftFiles(files: readonly AttachedText[]): DraftFile[] {
  return files.map(({ name, text }) => ({
    id: fileId(),
    name,
    bytes: new TextEncoder().encode(text).length,
    state: "ready",
    text,
  }));
}

/** Those that go along. */
export function readyFiles(files: readonly DraftFile[]): AttachedText[] {
  return files.filter((file) => file.state === "ready");
}
