// Reading a body, where a socket would take too long to show it.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { z } from "zod";
import { AppError } from "../../../lib/core/errors.ts";
import { readBody } from "../../../lib/http/body.ts";

const schema = z.strictObject({ text: z.string() });

function post(body: BodyInit, headers: HeadersInit = { "content-type": "application/json" }): Request {
  return new Request("http://a/", { method: "POST", body, headers });
}

Deno.test("a body of the right type is read, whatever the type's parameters and case", async () => {
  for (
    const type of ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
  ) {
    assertEquals(await readBody(post('{"text":"あ"}', { "content-type": type }), schema), { text: "あ" });
  }
});

Deno.test("a body that stops coming is given up after 30 s, whole as it may look", async () => {
  using time = new FakeTime();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"text":"a"}')),
    cancel: () => void (cancelled = true),
  });
  const refused = assertRejects(() => readBody(post(body), schema), AppError, "did not arrive within 30 s");
  await time.tickAsync(30_000);
  assertEquals([(await refused).code, cancelled], ["bad_request", true]);
});

Deno.test("a body that breaks is a bad request, and its cause is kept for the log", async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error("reset")),
  });
  const { code, cause } = await assertRejects(() => readBody(post(body), schema), AppError);
  assertEquals([code, (cause as Error).message], ["bad_request", "reset"]);
});

Deno.test("a fault quotes little of what was sent, and five of them are enough", async () => {
  const long = `{"${"k".repeat(100_000)}":1}`;
  const { message } = await assertRejects(() => readBody(post(long), schema), AppError);
  assertEquals(message.length < 600, true, `${message.length} characters`);
  const many = z.strictObject(
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`m${i}`, z.string()])),
  );
  const { extra } = await assertRejects(() => readBody(post("{}"), many), AppError);
  assertEquals((extra.faults as unknown[]).length, 5);
  const nested = z.strictObject({ a: z.strictObject({ b: z.array(z.string()) }) });
  const { message: named } = await assertRejects(
    () => readBody(post('{"a":{"b":["x",1]}}'), nested),
    AppError,
  );
  assertStringIncludes(named, "a.b.1: ");
});
