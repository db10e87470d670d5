// Values as a flat JSON list, in which every value stands once and is referred to by its place.
//   So cycles end, and what was one signal before is one signal after, in however many islands.
//   Revived by runtime/revive.ts, which has the other half of this table.
import { Signal } from "@preact/signals";

/** JSX in the props of an island: its content is in the HTML, under this id. */
export class SlotRef {
  constructor(readonly id: number) {}
}

const UNDEFINED = -1;
const NULL = -2;
const NAN = -3;
const INFINITY = -4;
const MINUS_INFINITY = -5;
const MINUS_ZERO = -6;
const HOLE = -7;

/** The JSON of a value. Throws on what a browser could not get back: functions, symbols, instances of classes. */
export function serialize(value: unknown): string {
  const writer = new Writer();
  const root = writer.place(value, "props");
  return root < 0 ? `${root}` : `[${writer.entries.join(",")}]`;
}

class Writer {
  readonly entries: string[] = [];
  #places = new Map<unknown, number>();

  /** Where a value stands, written first if it is new. */
  place(value: unknown, path: string): number {
    const constant = placeOfConstant(value);
    if (constant !== null) return constant;
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.entries.push("") - 1;
    this.#places.set(value, place);
    this.entries[place] = this.#text(value, path);
    return place;
  }

  #text(value: unknown, path: string): string {
    switch (typeof value) {
      case "string":
      case "number":
      case "boolean":
        return JSON.stringify(value);
      case "bigint":
        return `["BigInt","${value}"]`;
      case "object":
        return this.#object(value as object, path);
      default:
        throw new TypeError(`Cannot send ${path} to the browser: it is a ${typeof value}`);
    }
  }

  #object(value: object, path: string): string {
    if (Array.isArray(value)) return this.#array(value, path);
    if (value instanceof Signal) return this.#signal(value, path);
    if (value instanceof SlotRef) return `["Slot",${value.id}]`;
    if (value instanceof Date) return `["Date",${JSON.stringify(value.valueOf())}]`;
    if (value instanceof URL) return `["URL",${JSON.stringify(value.href)}]`;
    if (value instanceof RegExp) return `["RegExp",${JSON.stringify(value.source)},"${value.flags}"]`;
    if (value instanceof Uint8Array) return `["Uint8Array","${value.toBase64()}"]`;
    if (value instanceof Set) return `["Set"${this.#list(value, path)}]`;
    if (value instanceof Map) return `["Map"${this.#list([...value].flat(1), path)}]`;
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#record(value, path);
    throw new TypeError(
      `Cannot send ${path} to the browser: it is a ${
        value.constructor?.name ?? "object"
      }, whose class it would lose`,
    );
  }

  #record(value: object, path: string): string {
    const fields = Object.entries(value).map(([key, field]) =>
      `${JSON.stringify(key)}:${this.place(field, `${path}.${key}`)}`
    );
    return `{${fields.join(",")}}`;
  }

  #array(value: unknown[], path: string): string {
    const places: number[] = [];
    for (let i = 0; i < value.length; i++) {
      places.push(i in value ? this.place(value[i], `${path}[${i}]`) : HOLE);
    }
    return `[${places.join(",")}]`;
  }

  #list(values: Iterable<unknown>, path: string): string {
    let text = "";
    for (const value of values) text += `,${this.place(value, `${path}[]`)}`;
    return text;
  }

  /** Read without subscribing. A computed signal stays read-only. */
  #signal(value: Signal, path: string): string {
    const isWritable = Object.getPrototypeOf(value) === Signal.prototype;
    return `["${isWritable ? "Signal" : "Computed"}",${this.place(value.peek(), `${path}.value`)}]`;
  }
}

function placeOfConstant(value: unknown): number | null {
  if (value === undefined) return UNDEFINED;
  if (value === null) return NULL;
  if (typeof value !== "number") return null;
  if (Number.isNaN(value)) return NAN;
  if (value === Infinity) return INFINITY;
  if (value === -Infinity) return MINUS_INFINITY;
  return Object.is(value, -0) ? MINUS_ZERO : null;
}
