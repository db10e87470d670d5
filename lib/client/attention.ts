// Tells a person who is elsewhere that an answer has ended: by the tab's title, and by a notification if they want one.
//   A1  Of all tabs of a browser one notifies, and none while one of them is looked at.
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Listed } from "../protocol/conversation.ts";

export interface AttentionPorts {
  clock: Clock;
  /** Whether this tab is looked at. */
  visible(): boolean;
  /** The conversation that is open in this tab. */
  open(): Id | null;
  wanted(): boolean;
  /** Marks the title, or takes the mark away. */
  mark(marked: boolean): void;
  /** True for the first tab that asks for `what`. */
  claim(what: string): Promise<boolean>;
  notify(conversation: Listed): void;
}

/** What a tab that is looked at needs to be the first. */
const ELSEWHERE_MS = 500;
/** The tab that shows the conversation is where a click should lead. */
const OTHERS_MS = 1_500;

export class Attention {
  readonly #ports: AttentionPorts;
  /** Conversations that are being answered, and by which job. */
  #running = new Map<Id, Id>();

  constructor(ports: AttentionPorts) {
    this.#ports = ports;
  }

  /** What is known of this person's conversations now. */
  listed(conversations: readonly Listed[]): void {
    const before = this.#running;
    this.#running = new Map(
      conversations.flatMap(({ id, running }) => running === null ? [] : [[id, running] as const]),
    );
    for (const [id, generation] of before) {
      const conversation = conversations.find((one) => one.id === id);
      if (conversation?.running === null) void this.#ended(conversation, generation);
    }
  }

  /** This tab is looked at. */
  woke(): void {
    this.#ports.mark(false);
  }

  async #ended(conversation: Listed, generation: Id): Promise<void> {
    const { clock, visible, open, wanted, mark, claim, notify } = this.#ports;
    const here = open() === conversation.id;
    if (!visible()) {
      if (here) mark(true);
      await clock.sleep(here ? ELSEWHERE_MS : OTHERS_MS);
    }
    if (!await claim(generation) || visible()) return;
    mark(true);
    if (wanted()) notify(conversation);
  }
}
