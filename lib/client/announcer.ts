// Tells a screen reader how the open conversation goes.
//   N1  While an answer grows, something is said every seven seconds at most. Its text is said once, when it has ended.
import type { Clock } from "../core/time.ts";
import type { DeviceSettings } from "../protocol/device.ts";
import type { Message } from "../protocol/message.ts";
import type { ConversationState } from "../protocol/reduce.ts";
import { type Announcement, announcement, progress } from "./announcement.ts";
import type { BranchItem } from "./branch.ts";
import type { Link } from "./connection.ts";

export interface AnnouncerPorts {
  clock: Clock;
  say(announcement: Announcement): void;
  /** Markdown as it is read out. */
  spoken(text: string): string;
  how(): DeviceSettings["announce"];
}

/** Often enough to know that it goes on, seldom enough to listen to something else. */
const STILL_MS = 7_000;

export class Announcer {
  readonly #ports: AnnouncerPorts;
  #state: ConversationState | null = null;
  #shown: readonly BranchItem[] = [];
  #link: Link = "connecting";
  /** Ends the telling of the answer that grows. */
  #growing: { id: string; stop: AbortController } | null = null;

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports;
  }

  /** What is on the page now: the state, and the branch of it that is shown. */
  seen(state: ConversationState | null, shown: readonly BranchItem[]): void {
    const [before, beforeShown] = [this.#state, this.#shown];
    this.#state = state;
    this.#shown = shown;
    if (state === null) return this.#watch(undefined);
    const { say, spoken, how } = this.#ports;
    if (before === state) this.#chosen(beforeShown, shown);
    else {
      const said = announcement(before, state, spoken, how());
      if (said !== null) say(said);
    }
    this.#watch(state.messages.findLast(({ status }) => status === "streaming"));
  }

  linked(link: Link): void {
    const before = this.#link;
    if (link === "waiting" && before === "live") {
      this.#ports.say({ status: "Connection lost. Reconnecting." });
    }
    if (link === "live" && before === "waiting") this.#ports.say({ status: "Reconnected." });
    // Between the two it is connecting, which is no news.
    if (link !== "connecting") this.#link = link;
  }

  close(): void {
    this.#watch(undefined);
  }

  /** A reader chose another version of a message. */
  #chosen(before: readonly BranchItem[], after: readonly BranchItem[]): void {
    const item = after.find(({ message }, i) => message.id !== before[i]?.message.id);
    if (item === undefined || !item.versions.includes(before[after.indexOf(item)]?.message.id ?? "")) return;
    const { message, versions } = item;
    this.#ports.say({ status: `Version ${versions.indexOf(message.id) + 1} of ${versions.length}.` });
  }

  #watch(message: Message | undefined): void {
    if (this.#growing?.id === message?.id) return;
    this.#growing?.stop.abort();
    this.#growing = message === undefined ? null : { id: message.id, stop: new AbortController() };
    if (this.#growing !== null) void this.#tell(this.#growing.id, this.#growing.stop.signal);
  }

  async #tell(id: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#ports.clock.sleep(STILL_MS, signal);
      const message = this.#state?.messages.find((message) => message.id === id);
      if (signal.aborted || message === undefined) return;
      // A wait for the provider was told when it began, and is shown as it passes.
      if (message.waiting === undefined) this.#ports.say({ status: progress(message) });
    }
  }
}
