import { assert, assertEquals } from "@std/assert";
import { AppError, causes, ERRORS } from "@/lib/core/errors.ts";

Deno.test("E1: an AppError's causes stay out of its message", () => {
  const error = new AppError("busy", "Try again.", { cause: new Error("secret of the store") });
  assertEquals(error.message, "Try again.");
  assertEquals(error.status, 503);
  assertEquals(error.extra, {});
});

Deno.test("every code has a status of an error and words for a person", () => {
  for (const [code, { status, title }] of Object.entries(ERRORS)) {
    assert(status >= 400 && status < 600, code);
    assert(title.length > 0, code);
  }
});

Deno.test("causes() tells the chain, outermost first", () => {
  const error = new Error("outer", { cause: new TypeError("inner", { cause: "a string" }) });
  assertEquals(causes(error), "Error: outer <- TypeError: inner <- a string");
});

Deno.test("causes() stops at five links and at 500 characters of each, even in a circle", () => {
  const circle: Error = new Error("x".repeat(1_000));
  circle.cause = circle;
  assertEquals(causes(circle), Array(5).fill(`Error: ${"x".repeat(500)}`).join(" <- "));
});
