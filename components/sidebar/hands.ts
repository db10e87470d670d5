// What hands do in the list of conversations: keys, picking, and where the focus goes. Loaded when somebody comes near.
//   H1  The list is one tab stop: arrows move within it, and what a key does to a row a menu does, too.
//   H2  What goes takes the focus to the next row, else to the one before it, else to the composer.
import type { Signal } from "@preact/signals";
import type { Id } from "../../lib/core/ids.ts";
import type { Store } from "../../lib/client/store.ts";
import type { BulkAction } from "../../lib/protocol/api.ts";
import type { Listed } from "../../lib/protocol/conversation.ts";
import { type Far, Windows } from "./windows.ts";

/** What is going on in the list, beside what it lists. */
export interface ListView {
  /** The row that the keyboard is at, or was last. */
  active: Signal<Id | null>;
  renaming: Signal<Id | null>;
  /** The row whose menu is open. */
  menu: Signal<Id | null>;
  /** What is picked, to be done something to; null while nobody picks. */
  picked: Signal<ReadonlySet<Id> | null>;
  far: Far;
  /** Conversations in the order in which they are shown. */
  shown(): Listed[];
}

/** What the list does itself; the rest of the keys are the browser's. */
const KEYS = /^(Arrow(Up|Down|Left|Right)|Home|End|F2|Delete|ContextMenu)$/;

/** What is done to a row is painted sooner; later the focus has gone where the person wants it. */
const WANTED_MS = 2_000;
const NOTHING = { id: null, untilMs: 0 };

export class Hands {
  readonly view: ListView;
  readonly #store: Store;
  readonly #nav: HTMLElement;
  readonly #windows: Windows;
  /** Where a range of picked rows begins. */
  #anchor: Id | null = null;
  /** The row that shall have the focus, unless the person does something else before it is there. */
  #wanted: { id: Id | null; untilMs: number } = NOTHING;

  constructor(store: Store, view: ListView, nav: HTMLElement) {
    this.#store = store;
    this.view = view;
    this.#nav = nav;
    this.#windows = new Windows(store.library, nav, view.far, this.#loadAhead);
    view.active.value = rowAt(document.activeElement);
    const forget = () => this.#wanted = NOTHING;
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, forget, { capture: true });
  }

  #order(): Id[] {
    return this.view.shown().map(({ id }) => id);
  }

  /** The row that Tab reaches (H1). */
  stop(): Id | undefined {
    const { library, open } = this.#store;
    const wanted = [this.view.active.value, open.id.value];
    return wanted.find((id) => id !== null && library.find(id) !== undefined) ?? this.view.shown()[0]?.id;
  }

  /** What is picked of what is listed: another tab may have taken some away. */
  get picked(): readonly Listed[] {
    const { picked } = this.view;
    return this.view.shown().filter(({ id }) => picked.value?.has(id));
  }

  find(id: Id): Listed | undefined {
    return this.#store.library.find(id);
  }

  painted(): void {
    this.#windows.painted();
    const { id, untilMs } = this.#wanted;
    const row = id !== null && performance.now() < untilMs ? this.#rowOf(id) : null;
    if (row !== document.activeElement) row?.focus();
  }

  /** What failed while the code for it was on its way waits for a person as well (W2). */
  readonly #loadAhead = () =>
    void this.#store.tending().then((tending) => {
      if (this.#store.library.failure.peek() === null) void tending?.loadMore();
    });

  readonly loadMore = () => void this.#store.tending().then((tending) => tending?.loadMore());

  readonly clicked = (event: MouseEvent) => {
    const id = rowAt(event.target);
    const button = (event.target as Element).closest("button");
    if (id === null || button === null) return;
    if (button.dataset.action !== undefined) this.view.menu.value = id;
    else this.pick(id, event.shiftKey);
  };

  readonly doubleClicked = (event: MouseEvent) => {
    if ((event.target as Element).closest("a")) this.view.renaming.value = rowAt(event.target);
  };

  readonly focused = (event: FocusEvent) => {
    const id = rowAt(event.target);
    this.view.active.value = id ?? this.view.active.peek();
    if (id !== this.#wanted.id) this.#wanted = NOTHING;
  };

  readonly pressed = (event: KeyboardEvent) => {
    const id = rowAt(event.target);
    const { key, shiftKey, altKey } = event;
    const mod = event.ctrlKey || event.metaKey;
    const picking = this.view.picked.peek() !== null;
    const picks = picking && (key === "Escape" || (mod && key === "a"));
    const ours = picks || (!mod && (KEYS.test(key) || (shiftKey && key === "F10")));
    if (id === null || altKey || !ours) return;
    event.preventDefault();
    event.stopPropagation();
    switch (key) {
      case "ArrowDown":
        return this.#move(id, 1, shiftKey);
      case "ArrowUp":
        return this.#move(id, -1, shiftKey);
      case "Home":
        return this.#move(id, -Infinity, shiftKey);
      case "End":
        return this.#move(id, Infinity, shiftKey);
      case "ArrowRight":
        return void this.button(id)?.focus();
      case "ArrowLeft":
        return this.focus(id);
      case "F2":
        if (!picking) this.view.renaming.value = id;
        return;
      case "Delete":
        return picking ? this.tend("delete") : this.tend("delete", [id]);
      case "F10":
      case "ContextMenu":
        if (!picking) this.view.menu.value = id;
        return;
      case "Escape":
        return this.stopPicking();
      case "a":
        return this.pickAll();
    }
  };

  /** Puts the focus on a row, now or when it is there; until then it may be painted as another element. */
  focus(id: Id): void {
    this.view.active.value = id;
    this.#wanted = { id, untilMs: performance.now() + WANTED_MS };
    this.#rowOf(id)?.focus();
  }

  /** null: as it was. `back`: the focus goes back to the row; whoever has gone elsewhere stays there. */
  rename(title: string | null, back: boolean): void {
    const { renaming } = this.view;
    const id = renaming.peek();
    if (id === null) return;
    renaming.value = null;
    if (back) this.focus(id);
    if (title !== null) void this.#store.rename(id, title);
  }

  pick(id: Id, range: boolean): void {
    const picked = new Set(this.view.picked.peek() ?? []);
    const order = this.#order();
    const [from, to] = [order.indexOf(this.#anchor ?? id), order.indexOf(id)];
    if (range && from >= 0 && to >= 0) {
      for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) picked.add(one);
    } else {
      if (!picked.delete(id)) picked.add(id);
      this.#anchor = id;
    }
    this.#show(picked);
  }

  /** Begins to pick, with this one. */
  begin(id: Id): void {
    this.pick(id, false);
    this.focus(id);
  }

  pickAll(): void {
    this.#show(new Set(this.#order()));
  }

  stopPicking(): void {
    const at = this.view.active.peek();
    this.view.picked.value = null;
    this.#anchor = null;
    if (at !== null) this.focus(at);
  }

  /** One thing to these, or to what is picked. */
  tend(action: BulkAction, some?: readonly Id[]): void {
    const ids = some ?? this.picked.map(({ id }) => id);
    if (ids.length === 0) return;
    const goes = action === "delete" || action === "archive";
    const next = goes ? this.#besides(ids) : ids[0]!;
    if (some === undefined) {
      this.view.picked.value = null;
      this.#anchor = null;
    }
    void this.#store.tend(action, ids, () => this.focus(ids[0]!));
    if (next !== null) this.focus(next);
    else document.querySelector<HTMLElement>("#composer")?.focus();
  }

  /** The row after the first of these, else before it, that is none of them (H2). */
  #besides(ids: readonly Id[]): Id | null {
    const [order, gone] = [this.#order(), new Set(ids)];
    const at = order.findIndex((id) => gone.has(id));
    const stays = (id: Id) => !gone.has(id);
    return order.slice(at).find(stays) ?? order.slice(0, Math.max(0, at)).findLast(stays) ?? null;
  }

  #move(id: Id, steps: number, range: boolean): void {
    const order = this.#order();
    const to = order[Math.max(0, Math.min(order.length - 1, order.indexOf(id) + steps))];
    if (to === undefined) return;
    if (range) {
      if (this.view.picked.peek() === null) this.pick(id, false);
      this.pick(to, true);
    } else this.#anchor = this.view.picked.peek() === null ? null : to;
    this.focus(to);
  }

  #show(picked: ReadonlySet<Id>): void {
    this.view.picked.value = picked;
    this.#store.notices.announce({ status: `${picked.size} selected` });
  }

  #rowOf(id: Id): HTMLElement | null {
    return this.#nav.querySelector(`[data-conversation-id="${id}"] [data-row]`);
  }

  button(id: Id): HTMLElement | null {
    return this.#nav.querySelector(`[data-conversation-id="${id}"] [data-action=conversation-menu]`);
  }
}

/** The conversation of the row that something is in. */
function rowAt(target: EventTarget | null): Id | null {
  const row = (target as Element | null)?.closest<HTMLElement>("[data-conversation-id]");
  return row?.dataset.conversationId ?? null;
}
