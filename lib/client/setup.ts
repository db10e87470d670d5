// How the open conversation is asked: its instructions, parameters and fallbacks, as a person changes them.
//   T1  What was changed and not saved stays until it is saved or given up, whatever fails and whoever closes the dialog.
//   T2  Only what was changed here is written: the rest may have been changed elsewhere meanwhile.
//   T3  Before a conversation is begun its settings are kept in this browser, and go along when it is made.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { PatchConversation } from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Params } from "../protocol/params.ts";
import type { Preset } from "../protocol/preferences.ts";
import { type Api, ClientError } from "./api.ts";
import type { Beginning, Drafts } from "./drafts.ts";

export interface ChatSettings {
  systemPrompt: string;
  params: Params;
  /** Null: those of the server. */
  fallbacks: readonly string[] | null;
  /** Only where it is to change. */
  model?: string;
}

export type Edits = Partial<ChatSettings>;

export interface SetupPorts {
  api: Pick<Api, "patch">;
  drafts: Drafts;
  id: ReadonlySignal<Id | null>;
  conversation: ReadonlySignal<Conversation | null>;
}

const NONE: Edits = {};

export class Setup {
  /** What was changed here and is not saved. */
  readonly edits: Signal<Edits> = signal(NONE);
  readonly saving = signal(false);
  readonly failure: Signal<ClientError | null> = signal(null);
  /** Of the conversation that is not begun. */
  readonly beginning: Signal<Beginning> = signal({});

  readonly saved = computed((): ChatSettings => {
    const of = this.#ports.id.value === null ? this.beginning.value : this.#ports.conversation.value;
    return {
      systemPrompt: of?.systemPrompt ?? "",
      params: of?.params ?? {},
      fallbacks: of?.fallbacks ?? null,
    };
  });
  readonly shown = computed((): ChatSettings => ({ ...this.saved.value, ...this.edits.value }));
  readonly changed = computed(() => Object.keys(this.edits.value).length > 0);

  readonly #ports: SetupPorts;
  /** Edits of conversations that were left. */
  readonly #left = new Map<Id | null, Edits>();

  constructor(ports: SetupPorts) {
    this.#ports = ports;
  }

  /** Reads what an earlier visit kept for the conversation that is not begun (T3). */
  restore(): void {
    this.beginning.value = this.#ports.drafts.read(null).beginning ?? {};
  }

  /** Another conversation is open, or none. Called before it is. */
  leave(from: Id | null, to: Id | null): void {
    const edits = this.edits.peek();
    if (edits === NONE) this.#left.delete(from);
    else this.#left.set(from, edits);
    this.edits.value = this.#left.get(to) ?? NONE;
    this.failure.value = null;
  }

  change(edits: Edits): void {
    const next = { ...this.edits.peek(), ...edits };
    const of = this.#ports.id.peek() === null ? this.beginning.peek() : this.#ports.conversation.peek();
    const saved: Edits = { ...this.saved.peek(), model: of?.model };
    const kept = Object.entries(next).filter(([name, value]) => !same(value, saved[name as keyof Edits]));
    this.edits.value = kept.length === 0 ? NONE : Object.fromEntries(kept);
  }

  /** Takes a preset over, to be looked at and saved. */
  use({ systemPrompt, params, model }: Preset): void {
    this.change({ systemPrompt, params, ...(model === undefined ? {} : { model }) });
  }

  discard(): void {
    this.edits.value = NONE;
    this.failure.value = null;
  }

  /** False when it failed: `failure` says why, and what was typed is still there (T1). */
  async save(): Promise<boolean> {
    const id = this.#ports.id.peek();
    const edits = this.edits.peek();
    if (edits === NONE) return true;
    if (id === null) {
      this.begin(edits);
      this.#settle(id, edits);
      return true;
    }
    this.saving.value = true;
    this.failure.value = null;
    try {
      await this.#ports.api.patch(id, edits as PatchConversation);
      this.#settle(id, edits);
      return true;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (this.#ports.id.peek() === id) this.failure.value = error;
      return false;
    } finally {
      this.saving.value = false;
    }
  }

  /** Changes what the conversation that is not begun will be like. */
  begin(edits: Edits): void {
    const { fallbacks, ...rest } = { ...this.beginning.peek(), ...edits };
    const beginning: Beginning = { ...rest, ...(fallbacks ? { fallbacks: [...fallbacks] } : {}) };
    this.beginning.value = beginning;
    this.#ports.drafts.change(null, { beginning });
  }

  /** The conversation was made with them. */
  begun(): void {
    this.beginning.value = {};
  }

  /** What is saved is no edit any more; what was typed meanwhile is. */
  #settle(id: Id | null, saved: Edits): void {
    const here = this.#ports.id.peek() === id;
    const edits = here ? this.edits.peek() : this.#left.get(id) ?? NONE;
    const left = Object.entries(edits).filter(([name, value]) => value !== saved[name as keyof Edits]);
    const rest = left.length === 0 ? NONE : Object.fromEntries(left);
    if (here) this.edits.value = rest;
    else if (rest === NONE) this.#left.delete(id);
    else this.#left.set(id, rest);
  }
}

/** Settings are small and plain: their JSON tells whether two are the same. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
