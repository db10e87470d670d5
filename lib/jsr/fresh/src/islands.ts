// Islands in server-rendered HTML.
//   <!--frsh:island:NAME:INDEX-->…<!--/frsh:island-->   where INDEX is the place of its props in the page's state
//   <!--frsh:slot:ID-->…<!--/frsh:slot-->               JSX that the page passed into an island
import { Signal } from "@preact/signals";
import { type ComponentChildren, type ComponentType, Fragment, h, isValidElement, type VNode } from "preact";
import type { BuiltIsland } from "./build_cache.ts";
import { serialize, SlotRef } from "./serialize.ts";

interface SlotContent {
  content: ComponentChildren;
  isRendered: boolean;
}

/** The islands that one page turned out to have. */
export class IslandsOnPage {
  readonly found: { island: BuiltIsland; props: Record<string, unknown> }[] = [];
  readonly #slots: SlotContent[] = [];

  /** Notes an island; returns its index and the props to render it with. */
  add(island: BuiltIsland, props: Record<string, unknown>): { index: number; live: Record<string, unknown> } {
    const plain: Record<string, unknown> = {};
    const live: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(props)) {
      if (!hasElement(value)) {
        plain[name] = live[name] = value;
        continue;
      }
      const id = this.#slots.push({ content: value as ComponentChildren, isRendered: false }) - 1;
      plain[name] = new SlotRef(id);
      live[name] = h(Slot, { id, page: this }, value as ComponentChildren);
    }
    return { index: this.found.push({ island, props: plain }) - 1, live };
  }

  /** The content of a slot is on the page. */
  rendered(id: number): void {
    this.#slots[id]!.isRendered = true;
  }

  /** The modules of all islands, each once. */
  modules(): BuiltIsland[] {
    return [...new Set(this.found.map(({ island }) => island))];
  }

  /** Slots that no island rendered yet, for when one does. Rendering them may add islands and slots. */
  leftovers(render: (content: ComponentChildren) => string): string {
    let html = "";
    for (let id = 0; id < this.#slots.length; id++) {
      const { content, isRendered } = this.#slots[id]!;
      if (!isRendered) html += `<template id="frsh-slot-${id}">${render(content)}</template>`;
    }
    return html;
  }

  /** What the browser needs to revive the islands. */
  state(): string {
    const modules = Object.fromEntries(this.modules().map(({ name, url }) => [name, url]));
    const props = serialize(this.found.map((one) => one.props));
    // Without a "<" nothing in it can end the script or open a comment.
    return `{"modules":${JSON.stringify(modules)},"props":${props}}`.replaceAll("<", "\\u003c");
  }
}

/** Takes the place of an island's vnode on the page. */
export function IslandBoundary(
  { island, type, props, page }: {
    island: BuiltIsland;
    type: ComponentType;
    props: Record<string, unknown>;
    page: IslandsOnPage;
  },
): VNode {
  const { index, live } = page.add(island, props);
  return h(Fragment, null, [
    comment(`frsh:island:${island.name}:${index}`),
    h(Inside, { index }, h(type, live)),
    comment("/frsh:island"),
  ]);
}

/** Everything within belongs to one island. */
export function Inside({ children }: { index: number; children?: ComponentChildren }): ComponentChildren {
  return children;
}

/** Everything within belongs to the page, though an island decides where it goes. */
export function Slot(
  { id, page, children }: { id: number; page: IslandsOnPage; children?: ComponentChildren },
): VNode {
  page.rendered(id);
  return h(Fragment, null, [comment(`frsh:slot:${id}`), children, comment("/frsh:slot")]);
}

function comment(text: string): VNode {
  return h(Fragment, { UNSTABLE_comment: text } as object);
}

/** A signal passes for an element, so that JSX may show it; as a prop it is a value. */
function hasElement(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasElement) : isValidElement(value) && !(value instanceof Signal);
}
