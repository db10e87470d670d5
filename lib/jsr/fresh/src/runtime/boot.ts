// Brings the islands of a page to life: each is a Preact root of its own between its two markers.
import { type ComponentChildren, type ComponentType, h, hydrate, type VNode } from "preact";
import { findMarkers, parse, rootOf, toVNodes } from "./markers.ts";
import { revive } from "./revive.ts";

interface State {
  /** Island names and the modules that export them by these names. */
  modules: Record<string, string>;
  props: Parameters<typeof revive>[0];
}

/** Revives every island of the document. */
export async function boot(): Promise<void> {
  const source = document.getElementById("__FRSH_STATE");
  if (!source) return;
  const state: State = JSON.parse(source.textContent!);
  const components: Record<string, ComponentType> = {};
  await Promise.all(
    Object.entries(state.modules).map(async ([name, url]) => components[name] = (await import(url))[name]),
  );

  const contents: Record<string, ComponentChildren> = {};
  const Slot = ({ id }: { id: number }): ComponentChildren => contents[id];
  const props = revive(state.props, (id) => h(Slot, { id })) as Record<string, unknown>[];

  /** `__m` is where useId() counts from: the same numbers as on the server. */
  const island = (marker: Comment): VNode => {
    const [, name, index] = parse(marker);
    return Object.assign(h(components[name!]!, props[+index!]!), { __m: [+index! + 1, 0] });
  };

  // Slots are read before the first island changes the document.
  const { islands, slots } = findMarkers();
  for (const id in slots) contents[id] = toVNodes(slots[id]!(), island);
  for (const marker of islands) {
    // A task each: a page with many islands answers input between them.
    setTimeout(() => hydrate(island(marker), rootOf(marker) as unknown as Element));
  }
}
