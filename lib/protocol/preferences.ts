// What a person wants in all conversations, and their presets for new ones.
import type { Params } from "./params.ts";

export interface Preferences {
  /** Custom instructions: said to the model before a conversation's own system prompt. */
  instructions: string;
  presets: Preset[];
}

export interface Preset {
  name: string;
  systemPrompt: string;
  params: Params;
  /** Absent: whatever model is chosen. */
  model?: string;
}

export const NO_PREFERENCES: Preferences = { instructions: "", presets: [] };

/** Longest instructions, in UTF-16 units. */
export const INSTRUCTIONS_CHARS_MAX = 4_000;
/** Presets of one person, all in one record. */
export const PRESETS_MAX = 20;
export const PRESET_NAME_CHARS_MAX = 60;
/** Longest system prompt of a preset, in UTF-16 units: all presets of a person are one value of the store. */
export const PRESET_PROMPT_CHARS_MAX = 2_000;
