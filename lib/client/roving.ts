// The messages as one stop of the Tab key: arrows go from one to the next, Enter into what one offers, Escape back to it.
//   R1  It is arranged when Tab is pressed, and by nothing else: a stream may draw what it wants meanwhile, and without
//       this code every control is a stop of its own.
//   R2  A message that is seen is given the focus where it is: a long one that is being written is not left by its reader.
//   R3  Where the focus came by pointer, keys scroll as they do anywhere: whoever clicked into a text reads it.
import type { Pin } from "./pin.ts";

const CONTROLS = "a[href], button, summary, input, select, textarea, [tabindex]";
/** With less of it in view a message is not seen. */
const SEEN_PX = 40;
/** What an element's tabindex was before. Null: it had none. */
const ORIGINAL = new WeakMap<Element, string | null>();

export class Roving {
  #current: HTMLElement | null = null;
  #pointed = false;
  /** Where the list was when Tab was pressed, and which of its messages were seen there. */
  #tabbed: { top: number; seen: Set<HTMLElement> } | null = null;
  readonly #pin: () => Pin | null;

  constructor(pin: () => Pin | null) {
    this.#pin = pin;
    document.addEventListener("keydown", (event) => event.key === "Tab" && this.#arrange(), true);
    document.addEventListener("pointerdown", () => this.#pointed = true, true);
    document.addEventListener("focusin", ({ target }) => {
      const item = itemOf(target as Element);
      this.#current = item ?? this.#current;
      if (item === target && this.#tabbed?.seen.has(item!)) this.#pin()?.back(this.#tabbed.top);
    });
  }

  /** Makes of all messages one stop. What the focus is in stays open to it. */
  #arrange(): void {
    this.#pointed = false;
    const list = listOf();
    if (list === null) return;
    const items = itemsOf(list);
    const active = document.activeElement;
    this.#tabbed = { top: list.scrollTop, seen: new Set(items.filter((item) => isSeen(list, item))) };
    const inside = active === null ? null : itemOf(active);
    const entered = inside === active ? null : inside;
    const current = inside ?? (this.#current?.isConnected ? this.#current : null) ?? inView(list, items);
    for (const control of list.querySelectorAll(CONTROLS)) {
      if (entered?.contains(control) === true && control !== entered) restore(control);
      else keep(control, items.includes(control as HTMLElement) && control === current ? 0 : -1);
    }
    for (const item of items) keep(item, item === current ? 0 : -1);
    // A list with nothing in it is a stop itself: it may be scrolled.
    if (current === null) restore(list);
    else keep(list, -1);
  }

  /** True when the key was one of ours. Not to be asked of keys in a field: there they are the field's. */
  pressed(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    const target = event.target as Element;
    const item = itemOf(target);
    if (item === null) return false;
    if (target !== item) {
      if (event.key !== "Escape") return false;
      this.focus(item);
      return true;
    }
    if (this.#pointed) return false;
    const items = itemsOf(listOf()!);
    const at = items.indexOf(item);
    switch (event.key) {
      case "ArrowDown":
        return this.#go(items[at + 1]);
      case "ArrowUp":
        return this.#go(items[at - 1]);
      case "Home":
        return this.#go(items[0]);
      case "End":
        return this.#go(items.at(-1), true);
      case "Enter":
        return enter(item);
    }
    return false;
  }

  /** Gives a message the focus, as keys do. */
  focus(item: HTMLElement): void {
    this.#pointed = false;
    item.focus({ preventScroll: true });
  }

  /** At the first and the last message the key does nothing: it is still ours. */
  #go(item: HTMLElement | undefined, toEnd = false): true {
    if (item === undefined) return true;
    if (!item.hasAttribute("tabindex")) keep(item, -1);
    this.focus(item);
    const pin = this.#pin();
    if (toEnd) pin?.jump();
    else if (!isWholeInView(listOf()!, item)) pin?.show(item);
    return true;
  }
}

function listOf(): HTMLElement | null {
  return document.querySelector<HTMLElement>(".log[role=log]");
}

/** Messages, and what stands between them. */
function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>(".thread > *")];
}

function itemOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>(".thread > *");
}

/** The last message whose beginning is seen, or the one that fills the view. */
function inView(list: HTMLElement, items: HTMLElement[]): HTMLElement | null {
  const { top, bottom } = list.getBoundingClientRect();
  const begins = (item: HTMLElement) => item.getBoundingClientRect().top;
  return items.findLast((item) => begins(item) >= top && begins(item) < bottom) ??
    items.findLast((item) => begins(item) < bottom) ?? items[0] ?? null;
}

function isSeen(list: HTMLElement, item: HTMLElement): boolean {
  const view = list.getBoundingClientRect();
  const { top, bottom } = item.getBoundingClientRect();
  return bottom - SEEN_PX > view.top && top + SEEN_PX < view.bottom;
}

function isWholeInView(list: HTMLElement, item: HTMLElement): boolean {
  const view = list.getBoundingClientRect();
  const { top, bottom } = item.getBoundingClientRect();
  return top >= view.top && bottom <= view.bottom;
}

function enter(item: HTMLElement): boolean {
  if (item.matches("button, a")) return false; // it does what it does
  for (const control of item.querySelectorAll<HTMLElement>(CONTROLS)) {
    if (control.matches(":disabled") || control.getClientRects().length === 0) continue;
    control.focus();
    return true;
  }
  return true;
}

function keep(element: Element, tabIndex: 0 | -1): void {
  if (!ORIGINAL.has(element)) ORIGINAL.set(element, element.getAttribute("tabindex"));
  element.setAttribute("tabindex", String(tabIndex));
}

function restore(element: Element): void {
  const original = ORIGINAL.get(element);
  if (original === undefined) return;
  if (original === null) element.removeAttribute("tabindex");
  else element.setAttribute("tabindex", original);
  ORIGINAL.delete(element);
}
