// assertObjectMatch: the expected shape decides which part of the actual value is compared.
import { AssertionError } from "./assertion_error.ts";
import { assertEquals } from "./equality.ts";

/** Throws unless `actual` has everything that `expected` has, at any depth; more keys in `actual` are fine. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- as published: an interface has no index signature, `unknown` would refuse it.
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (actual === null || typeof actual !== "object") {
    throw new AssertionError(`Cannot match ${actual}: it is no object`);
  }
  assertEquals<unknown>(
    project(actual, expected, new Map()),
    project(expected, expected, new Map()),
    msg,
  );
}

/** `value` cut down to the keys of `shape`. Cycles in `value` stay cycles. */
function project(
  value: unknown,
  shape: unknown,
  seen: Map<object, unknown>,
): unknown {
  if (!isStructure(value) || !isStructure(shape)) return value;
  const known = seen.get(shape);
  if (known !== undefined) return known;
  if (Array.isArray(value) !== Array.isArray(shape)) return value;
  if (value instanceof Map && shape instanceof Map) {
    const entries = [...shape].filter(([key]) => value.has(key));
    return new Map(
      entries.map(([key, part]) => [key, project(value.get(key), part, seen)]),
    );
  }
  if (!isPlain(value) || !isPlain(shape)) return value;
  const result: Record<PropertyKey, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  seen.set(shape, result);
  for (const key of Reflect.ownKeys(shape)) {
    if (Array.isArray(shape) && key === "length") continue;
    if (!Reflect.has(value, key)) continue;
    Reflect.set(
      result,
      key,
      project(Reflect.get(value, key), Reflect.get(shape, key), seen),
    );
  }
  if (Array.isArray(value) && Array.isArray(result)) {
    result.length = value.length;
  }
  return result;
}

function isStructure(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Things with state behind their properties are compared whole. */
function isPlain(value: object): boolean {
  return !(value instanceof Date || value instanceof RegExp ||
    value instanceof Set || value instanceof Map ||
    value instanceof Promise || value instanceof WeakRef ||
    value instanceof URL || ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer || value instanceof Error);
}
