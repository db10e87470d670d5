// Conversations that were open a moment ago, so that going back to one shows it at once.
import type { Id } from "../core/ids.ts";
import type { ConversationState } from "../protocol/reduce.ts";

/** Enough to go back and forth; a long conversation may weigh a megabyte. */
const STATES_MAX = 10;

export class RecentStates {
  readonly #states = new Map<Id, ConversationState>();

  put(state: ConversationState): void {
    const { id } = state.conversation;
    this.#states.delete(id);
    this.#states.set(id, state);
    const oldest = this.#states.keys().next();
    if (this.#states.size > STATES_MAX && !oldest.done) this.#states.delete(oldest.value);
  }

  /** The state as it was left: its cursor says from where to catch up. */
  take(id: Id): ConversationState | null {
    return this.#states.get(id) ?? null;
  }

  drop(id: Id): void {
    this.#states.delete(id);
  }
}
