// Assertions about one value.
import { AssertionError, suffix } from "./assertion_error.ts";
import { format } from "./format.ts";

/** Every value that `if` takes for false. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Throws if `actual` is null or undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

// deno-lint-ignore no-explicit-any -- any constructor at all; `unknown[]` would refuse those with parameters.
type AnyConstructor = abstract new (...args: any[]) => any;

/** Throws unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ${kindOf(actual)}${suffix(msg)}`,
  );
}

/** Always throws. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Marks code that no run may reach. */
export function unreachable(reason?: string): never {
  throw new AssertionError(reason ?? "Unreachable.");
}

function kindOf(value: unknown): string {
  if (
    value === null || (typeof value !== "object" && typeof value !== "function")
  ) return format(value);
  return `"${value.constructor?.name ?? "Object"}"`;
}
