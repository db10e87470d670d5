// A local stand-in for `jsr:@std/assert`: the public assertions this project uses, written here.
export { AssertionError } from "./src/assertion_error.ts";
export { equal } from "./src/equal.ts";
export { assert, assertExists, assertFalse, assertInstanceOf, fail, unreachable } from "./src/truth.ts";
export type { Falsy } from "./src/truth.ts";
export {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "./src/equality.ts";
export { assertGreater, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "./src/order.ts";
export { assertArrayIncludes, assertMatch, assertNotMatch, assertStringIncludes } from "./src/content.ts";
export { assertObjectMatch } from "./src/object_match.ts";
export { assertIsError, assertRejects, assertThrows } from "./src/failure.ts";
