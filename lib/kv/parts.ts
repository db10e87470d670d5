// Values of any size. A small one is stored as it is; a large one as JSON in parts, beside a manifest.
//   L1  A manifest and its parts are written by one commit, so that they are whole or absent.
//   L2  A value of one key only grows: a shorter one would leave old parts behind until the key is purged.
import { AppError } from "../core/errors.ts";
import { encodedBytes } from "./limits.ts";
import { type Found, type Key, remove, type Store, type Versioned, type Write } from "./store.ts";

/** Largest value stored in one piece, and size of a part. KV refuses above 64 KiB; 60 leaves room for the estimate. */
export const PART_BYTES = 60 * 1024;
/** Most parts of one value: more would not fit into one commit. */
export const PARTS_MAX = 13;

/** A value that is written while it is read is read again. */
const TRIES_MAX = 3;

/** What stands at the key of a value that may be large. */
export type Large<V> = { whole: V } | { parts: number };

/** A value of which something is missing: parts that have expired, or that a listing's limit cut off. */
export class IncompleteError extends Error {
  override readonly name = "IncompleteError";
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The writes that store `value` at `key`. @throws AppError `too_large` */
export function setLarge<V>(key: Key<Large<V>>, value: V, expireInMs?: number): Write[] {
  const expiry = expireInMs === undefined ? {} : { expireInMs };
  if (encodedBytes(value) <= PART_BYTES) {
    return [{ key, value: { whole: value } satisfies Large<V>, ...expiry }];
  }
  const bytes = encoder.encode(JSON.stringify(value));
  const parts = Math.ceil(bytes.byteLength / PART_BYTES);
  if (parts > PARTS_MAX) {
    throw new AppError("too_large", "This is too large to store.", {
      cause: new RangeError(`${JSON.stringify(key)} would have ${parts} parts; at most ${PARTS_MAX}`),
    });
  }
  const writes: Write[] = [{ key, value: { parts } satisfies Large<V>, ...expiry }];
  for (let part = 0; part < parts; part++) {
    const piece = bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES);
    writes.push({ key: [...key, "part", part], value: piece, ...expiry });
  }
  return writes;
}

/** The writes that put `value` in the place of `before`, which may have had more parts (L2). */
export function replaceLarge<V>(key: Key<Large<V>>, before: V | null, value: V): Write[] {
  const writes = setLarge(key, value);
  if (before === null) return writes;
  const kept = new Set(writes.map((write) => JSON.stringify(write.key)));
  const stale = setLarge(key, before).filter((write) => !kept.has(JSON.stringify(write.key)));
  return [...stale.map((write) => remove(write.key)), ...writes];
}

/** The value at `key`, or null. @throws IncompleteError */
export async function getLarge<V>(store: Store, key: Key<Large<V>>): Promise<V | null> {
  return (await getLargeAt(store, key)).value;
}

/** The value at `key` and the versionstamp of the commit that wrote it, for a check. @throws IncompleteError */
export async function getLargeAt<V>(store: Store, key: Key<Large<V>>): Promise<Versioned<V>> {
  for (let tries = 1;; tries++) {
    const { value, versionstamp } = await store.get(key);
    if (value === null) return { value: null, versionstamp: null };
    if ("whole" in value) return { value: value.whole, versionstamp };
    const keys = Array.from({ length: value.parts }, (_, part): Key<Uint8Array> => [...key, "part", part]);
    const found = await store.getMany(keys);
    if (found.every((part) => part.versionstamp === versionstamp)) {
      return { value: join(key, value.parts, found.map((part) => part.value)), versionstamp };
    }
    // Parts of another commit than their manifest's: the value was rewritten in between (L1).
    if (tries === TRIES_MAX) throw new IncompleteError(`The parts of ${JSON.stringify(key)} are not its own`);
  }
}

/** The values of a listing that has manifests and their parts in key order, as `store.list` returns them. @throws IncompleteError */
export function readLarge<V>(
  found: readonly Found<Large<V> | Uint8Array>[],
): { key: Deno.KvKey; value: V }[] {
  const values: { key: Deno.KvKey; value: V }[] = [];
  for (let at = 0; at < found.length; at++) {
    const { key, value } = found[at]!;
    if (value instanceof Uint8Array) {
      throw new IncompleteError(`A part without its manifest: ${JSON.stringify(key)}`);
    }
    if ("whole" in value) {
      values.push({ key, value: value.whole });
      continue;
    }
    const pieces = found.slice(at + 1, at + 1 + value.parts).map((piece) => piece.value);
    values.push({ key, value: join<V>(key, value.parts, pieces) });
    at += value.parts;
  }
  return values;
}

/** The rows of a listing up to its last whole value: a listing with a limit may end within one. */
export function cutToWhole<V>(
  found: readonly Found<Large<V> | Uint8Array>[],
): Found<Large<V> | Uint8Array>[] {
  const at = found.findLastIndex(({ value }) => !(value instanceof Uint8Array));
  const last = found[at]?.value;
  const isWhole = last !== undefined && !(last instanceof Uint8Array) &&
    ("whole" in last || found.length - at - 1 === last.parts);
  return found.slice(0, isWhole ? found.length : Math.max(0, at));
}

function join<V>(key: Deno.KvKey, parts: number, pieces: readonly unknown[]): V {
  let size = 0;
  for (const piece of pieces) {
    if (!(piece instanceof Uint8Array)) {
      throw new IncompleteError(`A part of ${JSON.stringify(key)} is missing`);
    }
    size += piece.byteLength;
  }
  if (pieces.length !== parts) {
    throw new IncompleteError(`${JSON.stringify(key)} has ${pieces.length} of ${parts} parts`);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces as readonly Uint8Array[]) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return JSON.parse(decoder.decode(bytes)) as V;
}
