// Short words to the person: toasts that can be acted on, and what only a screen reader hears.
import { type Signal, signal } from "@preact/signals";
import type { Clock } from "../core/time.ts";
import type { Announcement } from "./announcement.ts";

export interface Notice {
  id: number;
  tone: "calm" | "error";
  text: string;
  requestId?: string;
  action?: { label: string; run: () => void };
}

/** Time enough to read one line and to reach its button. */
export const NOTICE_MS = 10_000;
/** More would cover what the person came for; the oldest goes. */
export const NOTICES_MAX = 3;
/** A finished answer is read out from here; then it is gone, so that nobody meets it twice. */
const REPLY_MS = 30_000;

export class Notices {
  readonly items: Signal<readonly Notice[]> = signal([]);
  readonly status = signal("");
  readonly alert = signal("");
  readonly reply: Signal<readonly string[]> = signal([]);
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  show(notice: Omit<Notice, "id">): void {
    const id = ++this.#last;
    this.items.value = [...this.items.peek(), { ...notice, id }].slice(-NOTICES_MAX);
    void this.#clock.sleep(NOTICE_MS).then(() => this.dismiss(id));
  }

  dismiss(id: number): void {
    this.items.value = this.items.peek().filter((notice) => notice.id !== id);
  }

  announce(said: Announcement): void {
    // The same words again are news too, and a region that does not change is silent.
    if (said.status !== undefined) {
      this.status.value = said.status + (said.status === this.status.peek() ? "\u00a0" : "");
    }
    if (said.alert !== undefined) this.alert.value = said.alert;
    const { reply } = said;
    if (reply === undefined) return;
    this.reply.value = reply;
    void this.#clock.sleep(REPLY_MS).then(() => {
      if (this.reply.peek() === reply) this.reply.value = [];
    });
  }
}
