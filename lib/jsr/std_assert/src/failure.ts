// Assertions about errors: a value that is one, a call that throws one, a promise that rejects with one.
import { AssertionError, suffix } from "./assertion_error.ts";
import { format } from "./format.ts";

/** A class of errors, abstract or not. */
// deno-lint-ignore no-explicit-any -- `unknown[]` would refuse constructors that have parameters.
export type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** Throws unless `error` is an error, of the class and with the message asked for. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(msg)}\nIt is: ${format(error)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"${
        suffix(msg)
      }`,
      { cause: error },
    );
  }
  if (msgMatches === undefined) return;
  const holds = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (holds) return;
  const relation = typeof msgMatches === "string" ? "include" : "match";
  throw new AssertionError(
    `Expected error message to ${relation} ${format(msgMatches)}, but got ${format(error.message)}${
      suffix(msg)
    }`,
    { cause: error },
  );
}

/** Throws unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws that kind of error; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const want = wanted(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    return checked(error, want);
  }
  throw new AssertionError(`Expected function to throw${suffix(want.msg)}`);
}

/** Throws unless the promise of `fn` rejects; resolves to the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Throws unless the promise of `fn` rejects with that kind of error; resolves to it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const want = wanted(classOrMsg, msgIncludes, msg);
  let promised = false;
  try {
    const outcome = fn();
    promised = typeof outcome === "object" && outcome !== null &&
      typeof outcome.then === "function";
    await outcome;
  } catch (error) {
    if (promised) return checked(error, want);
    throw new AssertionError(
      `Function throws when expected to reject${suffix(want.msg)}`,
      { cause: error },
    );
  }
  throw new AssertionError(`Expected function to reject${suffix(want.msg)}`);
}

interface Wanted {
  ErrorClass?: ErrorClass;
  msgIncludes?: string;
  msg?: string;
}

function wanted(
  classOrMsg?: ErrorClass | string,
  msgIncludes?: string,
  msg?: string,
): Wanted {
  return typeof classOrMsg === "string" ? { msg: classOrMsg } : { ErrorClass: classOrMsg, msgIncludes, msg };
}

function checked(error: unknown, want: Wanted): unknown {
  if (want.ErrorClass) {
    assertIsError(error, want.ErrorClass, want.msgIncludes, want.msg);
  }
  return error;
}
