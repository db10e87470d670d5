// What a list that grows at its end shows: its end, the last question, or whatever its reader looks at.
//   N1  Nothing else sets scrollTop.
//   N2  Whatever a reader does that moves the list up ends the following at once, by one pixel as by a page. It begins again
//       when they come back to the end, or ask for it.
//   N3  What comes in above leaves what they read where it is. A browser that can do that does it while nothing is followed,
//       and not while we do.
import { type Signal, signal } from "@preact/signals";
import type { Id } from "../core/ids.ts";
import type { DeviceSettings } from "../protocol/device.ts";

export type Follow = DeviceSettings["follow"];

/** So near the end, the reader means to be at the end. */
const NEAR_PX = 60;
/** scrollTop has fractions of pixels where scrollHeight has none. */
const ROUNDING_PX = 0.9;
/** A finger that rests on the glass trembles by less. */
const TREMBLE_PX = 3;
/** Above the question, or whatever else is at the top of the view. */
const ABOVE_PX = 16;
/** Keys that move a list up. */
const UP = /^(?:ArrowUp|PageUp|Home)$/;

export class Pin {
  /** True when the end is out of sight and not followed: the reader may want to go there. */
  readonly away: Signal<boolean> = signal(false);
  /** The conversation that is listed. */
  readonly of: Id | null;
  readonly #list: HTMLElement;
  readonly #content: HTMLElement;
  readonly #mode: () => Follow;
  readonly #observer: ResizeObserver;
  readonly #listening = new AbortController();
  /** The reader has not left the end. */
  #pinned = true;
  /** Where the list stands when the last question is at the top of the view. */
  #question: number | null = null;
  /** Where the list stood, and could stand at most, when it was last looked at. */
  #top = 0;
  #max = 0;
  #fingerY = 0;
  /** What was the first message before others came above it, and where. */
  #kept: { first: HTMLElement; atPx: number } | null = null;

  /** `content` is what grows in `list`. One that waits stays where it is: its reader is about to be shown a place in it. */
  constructor(list: HTMLElement, content: HTMLElement, mode: () => Follow, of: Id | null, waits: boolean) {
    this.of = of;
    this.#list = list;
    this.#content = content;
    this.#mode = mode;
    this.#observer = new ResizeObserver(() => this.#grown());
    this.#observer.observe(content);
    this.#observer.observe(list);
    const on = <Type extends "wheel" | "keydown" | "touchstart" | "touchmove">(
      type: Type,
      heard: (event: HTMLElementEventMap[Type]) => void,
    ) => list.addEventListener(type, heard, { passive: true, signal: this.#listening.signal });
    on("wheel", (event) => {
      if (!event.ctrlKey && event.deltaY < -Math.abs(event.deltaX)) this.#up(event);
    });
    on("keydown", (event) => {
      if (UP.test(event.key) || (event.key === " " && event.shiftKey)) this.#up(event);
    });
    on("touchstart", (event) => this.#fingerY = event.touches[0]!.clientY);
    on("touchmove", (event) => {
      if (event.touches[0]!.clientY > this.#fingerY + TREMBLE_PX) this.#up(event);
    });
    list.addEventListener("scroll", this.#scrolled, { passive: true, signal: this.#listening.signal });
    this.#pinned = !waits;
    if (waits) this.#look();
    else this.jump();
  }

  close(): void {
    this.#observer.disconnect();
    this.#listening.abort();
    this.#content.style.minHeight = "";
  }

  /** Goes to the end, and stays there where ends are followed. */
  jump(): void {
    this.#pinned = true;
    this.#question = null;
    this.#go(this.#list.scrollHeight);
  }

  /** A question was asked: it is what its asker wants to see. */
  asked(question: HTMLElement): void {
    if (this.#mode() !== "question") return this.jump();
    this.#pinned = false;
    const above = question.getBoundingClientRect().top - this.#list.getBoundingClientRect().top;
    this.#question = Math.max(0, this.#list.scrollTop + above - ABOVE_PX);
    this.#hold(this.#question);
  }

  /** Goes to a place in the list and stays there, whatever grows: to words, so that what is before them is seen as well. */
  show(place: Element | Range): void {
    const list = this.#list;
    const abovePx = place instanceof Range ? list.clientHeight / 4 : ABOVE_PX;
    const below = place.getBoundingClientRect().top - list.getBoundingClientRect().top;
    this.#kept = null; // what came above it is here
    this.#leave();
    this.#go(list.scrollTop + below - abovePx);
  }

  /** Undoes what the browser scrolled for the sake of the focus. */
  back(top: number): void {
    this.#go(top);
  }

  /** Something is about to come above the first message (N3). */
  keep(): void {
    const first = this.#list.querySelector<HTMLElement>("[data-message-id]");
    if (first === null) return;
    this.#kept = { first, atPx: first.offsetTop };
    this.#list.removeAttribute("data-free");
  }

  /** By how much what was there has moved since `keep`, before anybody has seen it. */
  #movedPx(): number {
    if (this.#kept === null) return 0;
    const { first, atPx } = this.#kept;
    this.#kept = null;
    return first.isConnected ? first.offsetTop - atPx : 0;
  }

  /** With the question at the top. There must be something below it, or it could not go there. */
  #hold(question: number): void {
    this.#content.style.minHeight = `${question + this.#list.clientHeight}px`;
    this.#go(question);
  }

  #go(top: number): void {
    this.#list.scrollTop = top;
    this.#look();
  }

  get #follows(): boolean {
    return this.#pinned && this.#mode() === "end";
  }

  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    this.#top = scrollTop;
    this.#max = scrollHeight - clientHeight;
    this.away.value = !this.#follows && this.#max - scrollTop > NEAR_PX;
    this.#list.toggleAttribute("data-free", !this.#follows && this.#question === null && this.#kept === null);
  }

  #grown(): void {
    const movedPx = this.#movedPx();
    if (movedPx !== 0 && !this.#follows) {
      const isHeld = this.#question !== null && Math.abs(this.#top - this.#question) < 1;
      if (this.#question !== null) this.#question += movedPx;
      if (isHeld) return this.#hold(this.#question!);
      this.#go(this.#list.scrollTop + movedPx);
    }
    const question = this.#question;
    // A higher list, as when a phone's keyboard goes, needs more below the question.
    if (question !== null && Math.abs(this.#top - question) < 1) return this.#hold(question);
    this.#scrolled(); // the event of what the reader just did may be still to come
    if (this.#follows) this.jump();
  }

  /** The reader wants up. What scrolls within the list takes it first. */
  #up(event: Event): void {
    for (
      let at = event.target as HTMLElement | null;
      at !== null && at !== this.#list;
      at = at.parentElement
    ) {
      if (at.scrollTop > 0) return;
    }
    if (this.#list.scrollTop > 0) this.#leave();
  }

  /** A scrollbar, a finger, a key or find-in-page: whatever moved the list up, it was not us. */
  readonly #scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const max = scrollHeight - clientHeight;
    const left = max - scrollTop;
    // A list that became shorter, or higher, is moved up by the browser, and stands at its end.
    const clamped = max < this.#max && left <= ROUNDING_PX;
    if (scrollTop < this.#top - ROUNDING_PX && !clamped) this.#leave();
    // What came in above moves the list down, and brings nobody nearer to the end.
    else if (scrollTop > this.#top && left <= NEAR_PX && left < this.#max - this.#top) this.#pinned = true;
    this.#look();
  };

  #leave(): void {
    this.#pinned = false;
    this.#question = null;
  }
}
