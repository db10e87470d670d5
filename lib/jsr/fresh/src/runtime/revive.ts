// Values from the flat list that serialize.ts writes. Small: every page with an island loads this.
import { computed, signal } from "@preact/signals";

type Entry = string | number | boolean | (string | number)[] | Record<string, number>;

/** Where negative places lead; see serialize.ts. */
const CONSTANTS = [, undefined, null, NaN, Infinity, -Infinity, -0];
const HOLE = -7;

/** The value that was serialized. `slot` makes JSX of a slot's id. */
export function revive(entries: Entry[] | number, slot: (id: number) => unknown): unknown {
  const list = entries as Entry[];
  const values: unknown[] = [];

  const at = (place: number): unknown => {
    if (place < 0) return CONSTANTS[-place];
    return place in values ? values[place] : make(place, list[place]!);
  };

  /** What contains others is noted before it is filled, so that cycles find it. */
  const make = (place: number, entry: Entry): unknown => {
    const note = <T>(value: T): T => (values[place] = value) as T;
    if (typeof entry !== "object") return note(entry);
    if (!Array.isArray(entry)) {
      const record = note({} as Record<string, unknown>);
      for (const key in entry) {
        // Plain assignment to "__proto__" would set the prototype.
        Object.defineProperty(record, key, {
          value: at(entry[key]!),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
      return record;
    }
    const [tag, arg, extra] = entry as [string, string, string];
    const rest = entry.slice(1) as number[];
    switch (tag) {
      case "Signal": {
        const made = note(signal<unknown>());
        made.value = at(+arg);
        return made;
      }
      case "Computed":
        return note(computed(() => at(+arg)));
      case "Slot":
        return note(slot(+arg));
      case "BigInt":
        return note(BigInt(arg));
      case "Date":
        return note(new Date(arg ?? NaN));
      case "URL":
        return note(new URL(arg));
      case "RegExp":
        return note(new RegExp(arg, extra));
      case "Uint8Array":
        return note(Uint8Array.from(atob(arg), (c) => c.charCodeAt(0)));
      case "Set": {
        const set = note(new Set());
        for (const one of rest) set.add(at(one));
        return set;
      }
      case "Map": {
        const map = note(new Map());
        for (let i = 0; i < rest.length; i += 2) map.set(at(rest[i]!), at(rest[i + 1]!));
        return map;
      }
    }
    const array = note(new Array<unknown>(entry.length));
    (entry as number[]).forEach((one, i) => one === HOLE || (array[i] = at(one)));
    return array;
  };

  return at(typeof entries === "number" ? entries : 0);
}
