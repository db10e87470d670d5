// A list of ten thousand rows, of which the page has those that are near what is seen. Loaded when somebody comes near.
//   W1  Rows come and go by the stretch. A stretch that is far keeps its room, which was measured when it was last there.
//   W2  What comes next is loaded before its end is seen; what has failed waits for a person.
import type { Signal } from "@preact/signals";
import type { Library } from "../../lib/client/library.ts";

/** How far beyond what is seen: half a screen, a moment of fast scrolling. */
const AHEAD = "400px 0px";

/** The height of a row, by the stretches that are far. */
export type Far = Signal<ReadonlyMap<string, number>>;

export class Windows {
  readonly #library: Library;
  readonly #loadMore: () => void;
  readonly #nav: HTMLElement;
  readonly #far: Far;
  readonly #observer: IntersectionObserver;
  #watched: ReadonlySet<Element> = new Set();

  constructor(library: Library, nav: HTMLElement, far: Far, loadMore: () => void) {
    this.#library = library;
    this.#loadMore = loadMore;
    this.#nav = nav;
    this.#far = far;
    const told = (entries: IntersectionObserverEntry[]) => this.#told(entries);
    this.#observer = new IntersectionObserver(told, { root: nav, rootMargin: AHEAD });
  }

  /** After each painting of the list. */
  painted(): void {
    const lists = new Set(this.#nav.querySelectorAll("[data-stretch]"));
    for (const list of this.#watched) if (!lists.has(list)) this.#observer.unobserve(list);
    for (const list of lists) if (!this.#watched.has(list)) this.#observer.observe(list);
    this.#watched = lists;
    // Watched anew it is told of at once: a page may be shorter than the screen.
    const end = this.#nav.querySelector(".older");
    if (end === null) return;
    this.#observer.unobserve(end);
    this.#observer.observe(end);
  }

  #told(entries: readonly IntersectionObserverEntry[]): void {
    const far = new Map(this.#far.peek());
    let changed = false;
    for (const { target, isIntersecting, boundingClientRect: { height } } of entries) {
      const stretch = (target as HTMLElement).dataset.stretch;
      if (stretch === undefined) {
        if (isIntersecting && this.#library.failure.peek() === null) this.#loadMore();
      } else if (isIntersecting) {
        changed = far.delete(stretch) || changed;
      } else if (!far.has(stretch) && height > 0) { // a list that is not shown has no room to keep
        far.set(stretch, height / Math.max(1, target.childElementCount));
        changed = true;
      }
    }
    if (changed) this.#far.value = far;
  }
}
