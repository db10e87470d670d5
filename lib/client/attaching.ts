// Files on their way into a message: picked, dropped or pasted, then read in this browser. Loaded with the first of them.
//   F2  One file that cannot be read or sent changes nothing about the others, and says why.
//   F3  A file belongs to the draft that was open when it came, whatever is open when it has been read.
import type { Signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import { parted } from "../protocol/attached.ts";
import { joined } from "../protocol/fenced.ts";
import { draftFiles, fileId, readyFiles } from "./draft_files.ts";
import type { DraftFile, Drafts } from "./drafts.ts";
import type { Notices } from "./notices.ts";
import { bytesOf, fileName, kindOf, refusal, textIn } from "./text_file.ts";

/** More than this is no question any more, and no row of chips. */
export const FILES_MAX = 10;
/** A draft is written with each keystroke; this much text of files in it is written in a millisecond. */
export const KEPT_CHARS_MAX = 200_000;
/** Decoding takes four bytes a pixel; a larger file than this may have too many of them. */
const PICTURE_BYTES_MAX = 20 * 1024 * 1024;

/** The composer, as far as files concern it. */
export interface Desk {
  /** Those beside the words that are in the box. */
  files: Signal<readonly DraftFile[]>;
  box: { readonly current: HTMLTextAreaElement | null };
  drafts: Drafts;
  notices: Pick<Notices, "show" | "announce">;
  /** The conversation whose draft is open. */
  open(): Id | null;
  /** Shows these words and files. */
  show(text: string, files: readonly DraftFile[]): void;
  /** Stores what is in the composer. */
  keep(): void;
  /** Shows the draft that is open anew. */
  again(): void;
  /** Puts words where the cursor is. */
  insert(text: string): void;
  /** Goes back to the box, where that raises no keyboard. */
  focus(): void;
}

export class Attaching {
  readonly #desk: Desk;
  /** What this page has read, or could read again. */
  readonly #sources = new Map<string, File>();
  readonly #reading = new Map<string, AbortController>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The message of these words and the files that are ready. */
  whole(text: string): string {
    return joined(text, readyFiles(this.#desk.files.peek()));
  }

  /** Files that stand in the words of the box as blocks become files beside them. */
  part(): void {
    const { box, files, show, keep } = this.#desk;
    const { text, files: own } = parted(box.current?.value ?? "");
    if (own.length === 0) return;
    show(text, [...draftFiles(own), ...files.peek()]);
    keep();
  }

  /** Files, and the names of folders. */
  add(given: readonly (File | string)[]): void {
    const { files, keep, notices } = this.#desk;
    const here = [...files.peek()];
    const added: DraftFile[] = [];
    let over = 0;
    for (const one of given) {
      const name = fileName(typeof one === "string" ? one : one.name);
      if (typeof one !== "string" && this.#isHere(one, here)) {
        this.#say(`${name} is attached already`);
        continue;
      }
      if (here.length >= FILES_MAX) {
        over++;
        continue;
      }
      const file = this.#begin(name, one, here);
      here.push(file);
      added.push(file);
    }
    files.value = here;
    keep();
    for (const file of added) if (file.state === "reading") void this.#read(file);
    if (added.length > 0) this.#say(`Attached: ${added.map(({ name }) => name).join(", ")}`);
    if (over > 0) {
      notices.show({
        tone: "calm",
        text: `${FILES_MAX} files at most go with a message. Left out: ${over}.`,
      });
    }
  }

  /** The file itself; undefined when another visit had attached it. */
  sourceOf(id: string): File | undefined {
    return this.#sources.get(id);
  }

  /** The picture to show for a file; null when there is none. */
  async picture(id: string): Promise<ImageBitmap | null> {
    const source = this.#sources.get(id);
    if (source === undefined || kindOf(source) !== "image" || source.size > PICTURE_BYTES_MAX) return null;
    try {
      return await createImageBitmap(source);
    } catch {
      return null; // a broken or unknown picture has its icon
    }
  }

  retry(id: string): void {
    const source = this.#sources.get(id);
    const failed = this.#desk.files.peek().find((file) => file.id === id);
    if (source === undefined || failed?.state !== "failed") return;
    const { name, bytes } = failed;
    const file: DraftFile = { id, name, bytes, state: "reading", share: 0 };
    this.#put(file);
    void this.#read(file);
  }

  remove(id: string): void {
    const file = this.#desk.files.peek().find((file) => file.id === id);
    if (file === undefined) return;
    this.#reading.get(id)?.abort();
    this.#sources.delete(id);
    this.#desk.files.value = this.#desk.files.peek().filter((file) => file.id !== id);
    this.#desk.keep();
    this.#say(`Removed: ${file.name}`);
    this.#desk.focus(); // the button that was pressed went with the file
  }

  /** Puts the text of a file into the words. */
  unwrap(id: string): void {
    const file = this.#desk.files.peek().find((file) => file.id === id);
    this.remove(id);
    if (file?.state === "ready") this.#desk.insert(file.text);
  }

  /** Files that are dragged over the page can be dropped anywhere on it. */
  listen(): void {
    for (const type of ["dragenter", "dragover", "dragleave", "drop"] as const) {
      document.addEventListener(type, (event) => {
        const { form } = this.#desk.box.current ?? {};
        if (!form || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        if (type === "drop") this.add(taken(event.dataTransfer));
        const within = type === "dragleave" ? event.relatedTarget !== null : type !== "drop";
        if (within) form.dataset.dropping = "";
        else delete form.dataset.dropping;
      });
    }
  }

  #isHere(file: File, here: readonly DraftFile[]): boolean {
    return here.some(({ id }) => {
      const source = this.#sources.get(id);
      return source !== undefined && source.name === file.name && source.size === file.size &&
        source.lastModified === file.lastModified;
    });
  }

  #begin(name: string, given: File | string, here: readonly DraftFile[]): DraftFile {
    const id = fileId();
    if (typeof given === "string") {
      return { id, name, bytes: 0, state: "refused", why: "A folder: attach the files in it" };
    }
    this.#sources.set(id, given);
    const file = { id, name: unlike(name, here), bytes: given.size };
    const why = refusal(given);
    return why === null ? { ...file, state: "reading", share: 0 } : { ...file, state: "refused", why };
  }

  async #read({ id, name, bytes }: DraftFile): Promise<void> {
    const at = this.#desk.open();
    const source = this.#sources.get(id)!;
    const turn = new AbortController();
    this.#reading.set(id, turn);
    let end: DraftFile;
    try {
      const text = textIn(
        await bytesOf(source, turn.signal, (share) => {
          if (this.#has(id)) this.#put({ id, name, bytes, state: "reading", share });
        }),
      );
      end = text === null
        ? { id, name, bytes, state: "refused", why: "Not a text file: it cannot be sent yet" }
        : text.trim() === ""
        ? { id, name, bytes, state: "refused", why: "The file is empty" }
        : this.#chars() + text.length > KEPT_CHARS_MAX
        ? { id, name, bytes, state: "refused", why: "Too much beside the other files" }
        : { id, name, bytes, state: "ready", text };
    } catch {
      // Its reason is the browser's own and says no more to a person than that it failed.
      end = { id, name, bytes, state: "failed", why: "It could not be read" };
    }
    this.#reading.delete(id);
    if (turn.signal.aborted) return;
    if (this.#has(id)) return this.#put(end);
    const draft = this.#desk.drafts.read(at);
    this.#desk.drafts.change(at, { files: [...(draft.files ?? []), end] });
    this.#desk.again();
  }

  #say(status: string): void {
    this.#desk.notices.announce({ status });
  }

  #has(id: string): boolean {
    return this.#desk.files.peek().some((file) => file.id === id);
  }

  #put(changed: DraftFile): void {
    this.#desk.files.value = this.#desk.files.peek().map((file) => file.id === changed.id ? changed : file);
    if (changed.state !== "reading") this.#desk.keep();
  }

  #chars(): number {
    return this.#desk.files.peek().reduce(
      (sum, file) => sum + (file.state === "ready" ? file.text.length : 0),
      0,
    );
  }
}

/** The name with a number, when another has it. */
function unlike(name: string, here: readonly DraftFile[]): string {
  const taken = new Set(here.map((file) => file.name));
  for (let n = 2, free = name;; n++) {
    if (!taken.has(free)) return free;
    free = /\.[^.]+$/.test(name) ? name.replace(/(\.[^.]+)$/, `-${n}$1`) : `${name}-${n}`;
  }
}

/** The files that are pasted or dropped, and the names of folders among them. They are gone when the event is over. */
export function taken(from: DataTransfer): (File | string)[] {
  return [...from.items].flatMap((item) => {
    const entry = item.webkitGetAsEntry?.();
    return entry?.isDirectory ? entry.name : item.getAsFile() ?? [];
  });
}
