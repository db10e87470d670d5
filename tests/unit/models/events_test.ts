// The events of a stream, in pieces cut anywhere, by a reader that is slow.
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { AppError } from "@/lib/core/errors.ts";
import { eventsOf, Heard, StreamError } from "@/lib/models/events.ts";
import type { Wire } from "@/lib/models/wire.ts";
import { VENDOR } from "../../support/vendor.ts";

const WIRE: Wire = { touch: () => {} };

interface Numbered {
  n: number;
}

/** A response whose body a test writes by hand. */
function open() {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) });
  return {
    response: new Response(body),
    write: (text: string) => controller.enqueue(encoder.encode(text)),
    end: () => controller.close(),
    break: () => controller.error(new TypeError("connection reset")),
  };
}

const event = (n: number) => `data: ${JSON.stringify({ n })}\n\n`;

Deno.test("E1: every event comes once, in order, however the stream is cut", async () => {
  const texts = Array.from({ length: 40 }, (_, n) => event(n)).join("");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(texts.length), { maxLength: 30 }), async (places) => {
      const { response, write, end } = open();
      const cuts = [0, ...places.toSorted((a, b) => a - b), texts.length];
      cuts.slice(1).forEach((to, i) => write(texts.slice(cuts[i], to)));
      end();
      const events = (await Array.fromAsync(eventsOf<Numbered>(response, VENDOR, WIRE))).flat();
      assertEquals(events.map(({ n }) => n), Array.from({ length: 40 }, (_, n) => n));
    }),
    { numRuns: 50 },
  );
});

Deno.test("E1: what comes while the pace holds back is handed on together", async () => {
  const { response, write, end } = open();
  let go = () => {};
  const read = Promise.withResolvers<void>();
  let touched = 0;
  const wire: Wire = {
    touch: () => ++touched === 4 && read.resolve(),
    pace: () => new Promise((resolve) => (go = resolve)),
  };
  const events = eventsOf<Numbered>(response, VENDOR, wire);
  write(event(1));
  assertEquals((await events.next()).value, [{ n: 1 }]);
  const next = events.next();
  for (const n of [2, 3, 4]) write(event(n));
  await read.promise;
  go();
  assertEquals((await next).value, [{ n: 2 }, { n: 3 }, { n: 4 }]);
  end();
  const last = events.next();
  await Promise.resolve();
  go();
  assertEquals((await last).done, true);
});

Deno.test("E2: an error within the stream comes after what was said before it", async () => {
  for (
    const tail of ['event: error\ndata: {"type":"overloaded_error"}\n\n', 'data: {"error":{"code":"x"}}\n\n']
  ) {
    const { response, write } = open();
    write(event(1) + tail + event(2));
    const events = eventsOf<Numbered>(response, VENDOR, WIRE);
    assertEquals((await events.next()).value, [{ n: 1 }]);
    await assertRejects(() => events.next(), StreamError);
  }
});

Deno.test("a connection that breaks is provider_truncated, once what came before it was handed on", async () => {
  const { response, write, ...body } = open();
  const wire: Wire = { touch: () => {} };
  const events = eventsOf<Numbered>(response, VENDOR, wire);
  write(event(1));
  assertEquals((await events.next()).value, [{ n: 1 }]);
  body.break();
  const error = await assertRejects(() => events.next(), AppError);
  assertEquals([error.code, error], ["provider_truncated", wire.failure]);
});

Deno.test("nothing is read behind [DONE], and who leaves closes the connection", async () => {
  const done = open();
  done.write(`${event(1)}data: [DONE]\n\n${event(2)}`);
  assertEquals((await Array.fromAsync(eventsOf<Numbered>(done.response, VENDOR, WIRE))).flat(), [{ n: 1 }]);
  const closed = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(event(1))),
    cancel: () => closed.resolve(),
  });
  for await (const _ of eventsOf<Numbered>(new Response(body), VENDOR, WIRE)) break;
  await closed.promise;
});

Deno.test("of one piece, what was said in a row is one delta, and of checkpoints the last counts", () => {
  const heard = new Heard();
  heard.text("reasoning", "h");
  heard.text("reasoning", "m");
  heard.text("text", "a");
  heard.checkpoint("1");
  heard.text("text", "b");
  heard.checkpoint("2");
  assertEquals(heard.take(), [
    { type: "reasoning", text: "hm" },
    { type: "text", text: "ab" },
    { type: "checkpoint", checkpoint: "2" },
  ]);
  assertEquals(heard.take(), []);
});
