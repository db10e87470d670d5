// Assertions about two values being the same.
import { AssertionError, suffix } from "./assertion_error.ts";
import { diff } from "./diff.ts";
import { equal } from "./equal.ts";
import { format } from "./format.ts";

/** Throws unless the two are deeply equal; the message is a diff. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n\n${difference(actual, expected)}\n`,
  );
}

/** Throws if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${format(actual)} not to be: ${format(expected)}${suffix(msg)}`,
  );
}

/** Throws unless `Object.is` holds. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const [left, right] = [format(actual), format(expected)];
  const detail = left === right
    ? `Values have the same structure but are not reference-equal${suffix(msg)}\n\n${left}`
    : `Values are not strictly equal${suffix(msg)}\n\n${difference(actual, expected)}`;
  throw new AssertionError(`${detail}\n`);
}

/** Throws if `Object.is` holds. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${format(actual)}${suffix(msg)}\n`,
  );
}

/** Throws unless the two are within `tolerance`: by default 1e-7 of `expected`, and never below 1e-7. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const allowed = tolerance ?? Math.max(1e-7, Math.abs(expected) * 1e-7);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${allowed}"${
      suffix(msg)
    }`,
  );
}

/** Two texts that look alike would make an empty diff: say what cannot be seen. */
function difference(actual: unknown, expected: unknown): string {
  const [left, right] = typeof actual === "string" && typeof expected === "string"
    ? [escapeControls(actual), escapeControls(expected)]
    : [format(actual), format(expected)];
  return left === right
    ? `    They look the same but differ in type or identity:\n    ${left}`
    : diff(left, right);
}

/** Line ends stay, other control characters become visible. */
function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (c) => c === "\n" ? c : `\\u{${c.codePointAt(0)?.toString(16)}}`,
  );
}
