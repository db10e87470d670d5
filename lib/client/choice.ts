// Which model answers next, as it was chosen in this tab.
//   H1  A choice shows at once and stays: no other news of the conversation, such as the end of an answer, undoes it.
//   H2  A choice for the next message alone is over when that message is sent. Until then it survives a reload.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { ModelList } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Api } from "./api.ts";
import type { Drafts } from "./drafts.ts";
import type { Setup } from "./setup.ts";

export interface ChoicePorts {
  api: Pick<Api, "patch">;
  drafts: Drafts;
  setup: Setup;
  id: ReadonlySignal<Id | null>;
  conversation: ReadonlySignal<Conversation | null>;
  models: ReadonlySignal<ModelList>;
  attempt(what: string, call: () => Promise<unknown>): Promise<boolean>;
}

export class Choice {
  /** The model of the next message alone. */
  readonly once: Signal<string | null> = signal(null);
  readonly #picked: Signal<string | null> = signal(null);
  readonly #ports: ChoicePorts;

  /** The conversation's model. */
  readonly standing = computed((): string => {
    const { id, conversation, models, setup } = this.#ports;
    if (id.value !== null) {
      return this.#picked.value ?? conversation.value?.model ?? models.value.defaultModel;
    }
    const kept = setup.beginning.value.model;
    // It was kept by an earlier visit, and may have gone since.
    const usable = models.value.models.some((model) => model.id === kept && model.available);
    return kept !== undefined && usable ? kept : models.value.defaultModel;
  });
  readonly next = computed((): string => this.once.value ?? this.standing.value);

  constructor(ports: ChoicePorts) {
    this.#ports = ports;
  }

  /** For all that follows. A choice for one message would only hide it. */
  async choose(model: string): Promise<void> {
    const { id, api, setup, attempt } = this.#ports;
    const conversation = id.peek();
    this.chooseOnce(null);
    if (model === this.standing.peek()) return;
    if (conversation === null) return setup.begin({ model });
    this.#picked.value = model;
    const changed = await attempt(
      "The model could not be changed.",
      () => api.patch(conversation, { model }),
    );
    if (!changed && this.#picked.peek() === model) this.#picked.value = null;
  }

  /** For the next message; null: as for the others. */
  chooseOnce(model: string | null): void {
    const once = model === this.standing.peek() ? null : model;
    if (once === this.once.peek()) return;
    this.once.value = once;
    this.#ports.drafts.change(this.#ports.id.peek(), { once: once ?? undefined });
  }

  /** A conversation was opened, or the page was. */
  enter(id: Id | null): void {
    this.#picked.value = null;
    const { once } = this.#ports.drafts.read(id);
    const known = this.#ports.models.peek().models.some((model) => model.id === once && model.available);
    this.once.value = once !== undefined && known ? once : null;
  }

  /** The conversation changed: its model, when that did, is the newest word (H1). */
  seen(before: Conversation | undefined, after: Conversation): void {
    if (after.model !== before?.model || after.model === this.#picked.peek()) this.#picked.value = null;
  }
}
