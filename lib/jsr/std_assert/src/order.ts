// Assertions about order.
import { AssertionError, suffix } from "./assertion_error.ts";
import { format } from "./format.ts";

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) complain(actual, ">", expected, msg);
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual >= expected)) complain(actual, ">=", expected, msg);
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) complain(actual, "<", expected, msg);
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) complain(actual, "<=", expected, msg);
}

function complain(
  actual: unknown,
  relation: string,
  expected: unknown,
  msg?: string,
): never {
  throw new AssertionError(
    `Expect ${format(actual)} ${relation} ${format(expected)}${suffix(msg)}`,
  );
}
