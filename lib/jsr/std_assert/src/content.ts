// Assertions about what a text or a list contains.
import { AssertionError, suffix } from "./assertion_error.ts";
import { equal } from "./equal.ts";
import { format } from "./format.ts";

/** Throws unless `expected` occurs in `actual`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless `expected` matches `actual`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (matches(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws if `expected` matches `actual`. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!matches(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless every one of `expected` is deeply equal to some element of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const all = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) => !all.some((one) => equal(wanted, one)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${format(all)}" to include: "${format(Array.from(expected))}"${
      suffix(msg)
    }\nmissing: ${format(missing)}`,
  );
}

/** A global or sticky pattern remembers where it stopped; an assertion must not. */
function matches(text: string, pattern: RegExp): boolean {
  return new RegExp(pattern.source, pattern.flags.replace("g", "")).test(text);
}
