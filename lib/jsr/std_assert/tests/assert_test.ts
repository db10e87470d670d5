import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "../mod.ts";

/** The message of the AssertionError that `fn` throws; the checks below must not lean on what they check. */
function complaint(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const object = { a: 1 };
const HOLDS: Record<string, () => unknown> = {
  assert: () => assert(1),
  assertFalse: () => assertFalse(""),
  assertExists: () => assertExists(0),
  assertInstanceOf: () => assertInstanceOf(new URL("a:b"), URL),
  assertEquals: () => assertEquals([object], [{ a: 1 }]),
  assertNotEquals: () => assertNotEquals([1], [2]),
  assertStrictEquals: () => assertStrictEquals(NaN, NaN),
  assertNotStrictEquals: () => assertNotStrictEquals<unknown>(object, { a: 1 }),
  assertAlmostEquals: () => assertAlmostEquals(0.1 + 0.2, 0.3),
  "assertAlmostEquals with tolerance": () => assertAlmostEquals(1, 1.4, 0.5),
  assertGreater: () => assertGreater(2, 1),
  assertGreaterOrEqual: () => assertGreaterOrEqual("b", "b"),
  assertLess: () => assertLess(1n, 2n),
  assertLessOrEqual: () => assertLessOrEqual(1, 1),
  assertStringIncludes: () => assertStringIncludes("abc", "bc"),
  assertMatch: () => assertMatch("abc", /b/),
  assertNotMatch: () => assertNotMatch("abc", /d/),
  assertArrayIncludes: () => assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]),
  assertObjectMatch: () => assertObjectMatch({ a: 1, b: { c: [1], d: 2 } }, { b: { c: [1] } }),
};

const FAILS: Record<string, [string, () => unknown]> = {
  assert: ["why", () => assert(0, "why")],
  assertFalse: ["why", () => assertFalse("a", "why")],
  assertExists: ["null or undefined", () => assertExists(null)],
  assertInstanceOf: ['instance of "URL" but was "Map"', () => assertInstanceOf(new Map(), URL)],
  assertEquals: ["Values are not equal: why", () => assertEquals<unknown>({ a: 1 }, {}, "why")],
  assertNotEquals: ["not to be", () => assertNotEquals([1], [1])],
  assertStrictEquals: ["not reference-equal", () => assertStrictEquals({ a: 1 }, object)],
  "assertStrictEquals of zeros": ["not strictly equal", () => assertStrictEquals(0, -0)],
  assertNotStrictEquals: ["strictly equal", () => assertNotStrictEquals(object, object)],
  assertAlmostEquals: ["close to", () => assertAlmostEquals(1, 1.001)],
  "assertAlmostEquals of NaN": ["close to", () => assertAlmostEquals(NaN, 1)],
  assertGreater: ["1 > 1", () => assertGreater(1, 1)],
  assertGreaterOrEqual: ["1 >= 2", () => assertGreaterOrEqual(1, 2)],
  assertLess: ["NaN < 1", () => assertLess(NaN, 1)],
  assertLessOrEqual: ["2 <= 1: why", () => assertLessOrEqual(2, 1, "why")],
  assertStringIncludes: ['to contain: "d"', () => assertStringIncludes("abc", "d")],
  assertMatch: ["to match", () => assertMatch("abc", /d/)],
  assertNotMatch: ["to not match", () => assertNotMatch("abc", /b/g)],
  assertArrayIncludes: ["missing: [\n  3,\n]", () => assertArrayIncludes([1, 2], [1, 3])],
  assertObjectMatch: ["not equal", () => assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } })],
  "assertObjectMatch of a missing key": ["not equal", () => assertObjectMatch({}, { a: undefined })],
  "assertObjectMatch of a longer array": ["not equal", () => assertObjectMatch({ a: [1, 2] }, { a: [1] })],
  "assertThrows of nothing": ["to throw: why", () => assertThrows(() => 1, Error, "", "why")],
  "assertThrows of another class": [
    'instance of "RangeError", but was "TypeError"',
    () => assertThrows(() => new URL(""), RangeError),
  ],
  "assertThrows of another message": [
    'to include "b", but got "a"',
    () =>
      assertThrows(
        () => {
          throw new Error("a");
        },
        Error,
        "b",
      ),
  ],
  assertIsError: ["to be an Error object", () => assertIsError("text")],
  "assertIsError by pattern": ["to match /b/", () => assertIsError(new Error("a"), Error, /b/)],
  fail: ["Failed assertion: why", () => fail("why")],
  unreachable: ["Unreachable", () => unreachable()],
};

for (const [name, fn] of Object.entries(HOLDS)) Deno.test(`${name} holds`, () => void fn());
for (const [name, [expected, fn]] of Object.entries(FAILS)) {
  Deno.test(`${name} fails and says so`, () => {
    const message = complaint(fn);
    check(message.includes(expected), `"${message}" lacks "${expected}"`);
  });
}

Deno.test("assertThrows returns what was thrown", () => {
  const error = new RangeError("a");
  const thrown = assertThrows(() => {
    throw error;
  }, RangeError);
  check(thrown === error, "another error came back");
});

Deno.test("assertRejects takes a rejection, and nothing else", async () => {
  const error = await assertRejects(() => Promise.reject(new TypeError("abc")), TypeError, "b");
  check(error.message === "abc", "another error came back");
  for (
    const [expected, fn] of [
      ["expected to reject", () => {
        throw new Error("thrown, not rejected");
      }],
      ["to reject", () => Promise.resolve(1)],
    ] as [string, () => Promise<unknown>][]
  ) {
    const reason = await assertRejects(fn).then(() => null, (caught: unknown) => caught);
    check(reason instanceof AssertionError && reason.message.includes(expected), `no "${expected}"`);
  }
});

Deno.test("a failed assertEquals shows each side's lines and hides the long common part", () => {
  const actual = { list: Array.from({ length: 100 }, (_, i) => i), name: "left" };
  const plain = complaint(() => assertEquals(actual, { ...actual, name: "right" }))
    // deno-lint-ignore no-control-regex -- terminal colours.
    .replace(/\x1b\[\d+m/g, "");
  check(plain.includes(`-     name: "left",`) && plain.includes(`+     name: "right",`), plain);
  check(plain.includes("…") && !plain.includes(" 50,"), plain);
});

Deno.test("texts that look alike are told apart", () => {
  const message = complaint(() => assertEquals("a\u200bb\n\tc", "ab\n\tc"));
  check(message.includes("a\\u{200b}b") && message.includes("\\u{9}c"), message);
});

Deno.test("assertions narrow types", () => {
  const value = [1, undefined][0];
  assertExists(value);
  value.toFixed();
  const unknown: unknown = new Map([[1, 2]]);
  assertInstanceOf(unknown, Map);
  check(unknown.get(1) === 2, "narrowed to a Map");
});
