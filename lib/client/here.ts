// This browser, as a person's other ones are told of it.
import type { Id, NewId } from "../core/ids.ts";
import type { AskedFrom } from "../protocol/message.ts";
import type { Shelf } from "./drafts.ts";

const KEY = "throughline.device";
const ID = /^[0-9a-f-]{36}$/;

/** What a user agent names, and what people call it. The first that fits: most browsers say that they are others as well. */
const BROWSERS =
  "Edg:Edge,OPR:Opera,SamsungBrowser:Samsung Internet,Firefox,FxiOS:Firefox,CriOS:Chrome,Chrome,Safari";
const SYSTEMS = "Android,iPhone,iPad,Windows,CrOS:ChromeOS,Mac OS:macOS,Linux";

export class Here {
  readonly #shelf: Shelf | null;
  readonly #newId: NewId;
  #id: Id | null = null;
  readonly #name: string;

  constructor({ shelf, newId, userAgent }: { shelf: Shelf | null; newId: NewId; userAgent: string }) {
    this.#shelf = shelf;
    this.#newId = newId;
    this.#name = nameOf(userAgent);
  }

  /** Its id is made when it is first asked for, and kept as long as the browser keeps anything. */
  get device(): AskedFrom {
    if (this.#id === null) {
      const kept = this.#shelf?.getItem(KEY) ?? "";
      this.#id = ID.test(kept) ? kept : this.#newId();
      try {
        if (this.#id !== kept) this.#shelf?.setItem(KEY, this.#id);
      } catch {
        // Full or forbidden: this page is a device of its own.
      }
    }
    return { id: this.#id, name: this.#name };
  }
}

/** Such as `Firefox on Android`. */
export function nameOf(userAgent: string): string {
  const first = (names: string) =>
    names.split(",").map((name) => name.split(":")).find(([said]) => userAgent.includes(said!))?.at(-1);
  const [browser = "A browser", system] = [first(BROWSERS), first(SYSTEMS)];
  return system === undefined ? browser : `${browser} on ${system}`;
}
