// Waiting for the page: what is known is drawn a moment later.
import type { ReadonlySignal } from "@preact/signals";

/** A page that draws nothing for so long will not. */
export const UNTIL_MS_MAX = 5_000;

export interface UntilOptions {
  /** Gives up. */
  signal?: AbortSignal;
  /** It looks again when this changes, too. */
  watch?: ReadonlySignal<unknown>;
}

/** What `look` finds once it is not null; it looks again after each change of the page. Null: in vain. */
export function until<T>(look: () => T | null, { signal, watch }: UntilOptions = {}): Promise<T | null> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    let over = false;
    const end = (found: T | null) => {
      over = true;
      for (const one of undo) one();
      resolve(found);
    };
    const again = () => {
      const found = over ? null : look();
      if (found !== null) end(found);
    };
    if (signal?.aborted) return end(null);
    again();
    if (over) return;
    const observer = new MutationObserver(again);
    observer.observe(document.body, { childList: true, subtree: true });
    const timer = setTimeout(() => end(null), UNTIL_MS_MAX);
    const giveUp = () => end(null);
    signal?.addEventListener("abort", giveUp);
    undo.push(
      () => observer.disconnect(),
      () => clearTimeout(timer),
      () => signal?.removeEventListener("abort", giveUp),
    );
    // It is told of the value of now as well, which was looked at above.
    if (watch !== undefined) undo.push(watch.subscribe(again));
  });
}
