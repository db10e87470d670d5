// Keeps a list that grows at its end in view, for as long as the reader stays there.
//   N1  Nothing else sets scrollTop. Once the reader has scrolled up, it is not set at all.
import { type Signal, signal } from "@preact/signals";

/** So near the end, the reader means to be at the end. */
const NEAR_PX = 60;
/** Rounding and rubber bands move a list by less. */
const DRIFT_PX = 3;

export class Pin {
  /** True while the list follows its end. */
  readonly pinned: Signal<boolean> = signal(true);
  readonly #list: HTMLElement;
  readonly #observer: ResizeObserver;
  #top = 0;

  /** `content` is what grows in `list`. */
  constructor(list: HTMLElement, content: HTMLElement) {
    this.#list = list;
    this.#observer = new ResizeObserver(() => this.#follow());
    this.#observer.observe(content);
    this.#observer.observe(list);
    list.addEventListener("scroll", this.#scrolled, { passive: true });
    list.addEventListener("wheel", this.#wheeled, { passive: true });
    this.#follow();
  }

  close(): void {
    this.#observer.disconnect();
    this.#list.removeEventListener("scroll", this.#scrolled);
    this.#list.removeEventListener("wheel", this.#wheeled);
  }

  /** Goes to the end and stays there. */
  jump(): void {
    this.pinned.value = true;
    this.#follow();
  }

  #follow(): void {
    if (!this.pinned.peek()) return;
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#top = this.#list.scrollTop;
  }

  readonly #wheeled = (event: WheelEvent) => {
    const scrolls = this.#list.scrollHeight > this.#list.clientHeight;
    if (event.deltaY < 0 && scrolls) this.pinned.value = false;
  };

  /** A scrollbar, a finger, a key or find-in-page: whatever moved the list up, it was not us. */
  readonly #scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const leftPx = scrollHeight - clientHeight - scrollTop;
    // A list that became shorter is moved up by the browser, and stands at its end.
    if (scrollTop < this.#top - DRIFT_PX && leftPx > 1) this.pinned.value = false;
    else if (scrollTop > this.#top && leftPx <= NEAR_PX) this.pinned.value = true;
    this.#top = scrollTop;
  };
}
