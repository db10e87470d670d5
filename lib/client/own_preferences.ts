// What this person wants in all conversations, as this tab knows it.
//   T1  Words that are not saved stay until they are, whatever fails.
import { computed, type Signal, signal } from "@preact/signals";
import type { PatchPreferences } from "../protocol/api.ts";
import { NO_PREFERENCES, type Preferences, type Preset } from "../protocol/preferences.ts";
import { type Api, ClientError } from "./api.ts";
import type { TopicEvent } from "./topic_event.ts";

export class OwnPreferences {
  readonly value: Signal<Preferences> = signal(NO_PREFERENCES);
  /** Custom instructions as they are being typed; null when they are as they were saved. */
  readonly words: Signal<string | null> = signal(null);
  readonly saving = signal(false);
  readonly failure: Signal<ClientError | null> = signal(null);

  readonly instructions = computed(() => this.words.value ?? this.value.value.instructions);

  readonly #api: Pick<Api, "patchPreferences">;

  constructor(api: Pick<Api, "patchPreferences">) {
    this.#api = api;
  }

  /** News of the person's topic: another tab or device changed them. */
  apply(event: TopicEvent): void {
    if (event.type !== "preferences" && event.type !== "user_snapshot") return;
    const { preferences } = event.data;
    if (preferences !== undefined) this.value.value = preferences;
  }

  type(words: string): void {
    this.words.value = words === this.value.peek().instructions ? null : words;
  }

  async saveInstructions(): Promise<boolean> {
    const words = this.words.peek();
    if (words === null) return true;
    const saved = await this.#take(() => this.#api.patchPreferences({ instructions: words }));
    if (saved && this.words.peek() === words) this.words.value = null;
    return saved;
  }

  /** Keeps a preset. One of the same name makes room for it. */
  keep(preset: Preset): Promise<boolean> {
    const { presets } = this.value.peek();
    const at = presets.findIndex(({ name }) => name === preset.name);
    return this.#change({ presets: at < 0 ? [...presets, preset] : presets.with(at, preset) });
  }

  forget(name: string): Promise<boolean> {
    return this.#change({ presets: this.value.peek().presets.filter((preset) => preset.name !== name) });
  }

  #change(patch: PatchPreferences): Promise<boolean> {
    return this.#take(() => this.#api.patchPreferences(patch));
  }

  async #take(call: () => Promise<Preferences>): Promise<boolean> {
    this.saving.value = true;
    this.failure.value = null;
    try {
      this.value.value = await call();
      return true;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.failure.value = error;
      return false;
    } finally {
      this.saving.value = false;
    }
  }
}
