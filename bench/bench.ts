// What every part of the bench is given, and what it gives back.
import type { Provider } from "./generator/provider.ts";
import type { Options } from "./options.ts";
import type { Target } from "./targets/target.ts";

export interface Bench {
  provider: Provider;
  options: Options;
  /** Those that the options name, of the ones given. */
  chosen(targets: readonly Target[]): Target[];
  /** Tells whoever waits what is being measured. */
  progress(text: string): void;
}

/** One part's figures. */
export interface Section {
  title: string;
  /** Markdown: tables, and what they need said. */
  text: string;
  /** Files to write beside RESULTS.md. */
  plots?: { file: string; svg: string }[];
  /** What was promised of every byte was not kept. */
  broken?: boolean;
}

export type Part = (bench: Bench) => Promise<Section>;
