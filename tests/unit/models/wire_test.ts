import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { Pieces, through, type Wire, wireFetch } from "@/lib/models/wire.ts";
import { VENDOR } from "../../support/vendor.ts";

/** A body that never ends, and what was taken of it. */
function endless(chunk: Uint8Array<ArrayBuffer>) {
  const taken = { bytes: 0, cancelled: false };
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      taken.bytes += chunk.length;
      controller.enqueue(chunk.slice()); // a byte stream takes the buffer with it
    },
    cancel: () => void (taken.cancelled = true),
  }, { highWaterMark: 0 });
  return { body, taken };
}

/** A call answered with `response`. */
function exchange(response: Response, headers: HeadersInit = {}) {
  const wire: Wire & { touches: number } = { touches: 0, touch: () => void wire.touches++ };
  const asked: (RequestInit | undefined)[] = [];
  const fetch = wireFetch(VENDOR, (_, init) => {
    asked.push(init);
    return Promise.resolve(response);
  });
  return { wire, asked, answer: fetch(VENDOR.baseURL, { ...through(wire), headers }) };
}

const SSE = { "content-type": "text/event-stream" };

Deno.test("W4: of an endless error body 64 KB are read, and the rest is closed", async () => {
  const { body, taken } = endless(new Uint8Array(10_000).fill(65));
  const answer = await exchange(new Response(body, { status: 500 })).answer;
  assertEquals([answer.status, (await answer.text()).length], [500, 64 * 1024]);
  assertEquals(taken, { bytes: 70_000, cancelled: true });
});

Deno.test("W4: a stream without end is closed at its limit, however short its lines", async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(10);
  const { body, taken } = endless(chunk);
  const { answer, wire } = exchange(new Response(body, { headers: SSE }));
  const error = await assertRejects(async () => {
    const pieces = new Pieces((await answer).body!, VENDOR, wire);
    try {
      while (await pieces.next() !== null);
    } finally {
      pieces.close();
    }
  }, AppError);
  assertEquals([error.code, taken.cancelled], ["answer_too_long", true]);
  assert(taken.bytes <= 65 * 1024 * 1024);
});

Deno.test("each piece of a body touches the wire, and is pulled only when it is asked for", async () => {
  const { body, taken } = endless(new Uint8Array([10]));
  const { answer, wire } = exchange(new Response(body, { headers: SSE }));
  const pieces = new Pieces((await answer).body!, VENDOR, wire);
  assertEquals([wire.touches, taken.bytes], [0, 0]);
  await pieces.next();
  await pieces.next();
  assertEquals([wire.touches, taken.bytes], [2, 2]);
  pieces.close();
  assertEquals(taken.cancelled, true);
});

Deno.test("W1: only the headers that a call needs are sent, and no redirect is followed", async () => {
  const headers = {
    accept: "application/json",
    authorization: "Bearer x",
    "openai-organization": "o",
    "x-custom": "y",
  };
  const { asked, answer } = exchange(new Response("", { headers: SSE }), headers);
  await answer;
  assertEquals([...new Headers(asked[0]?.headers)], [["accept", "application/json"], [
    "authorization",
    "Bearer x",
  ]]);
  assertEquals(asked[0]?.redirect, "error");
});

Deno.test("W3: a success without a body, or with one that is no stream, is provider_protocol", async () => {
  const ANSWERS = [
    new Response(null, { headers: SSE }),
    new Response("{}", { headers: { "content-type": "application/json" } }),
    new Response("{}", { headers: { "content-type": "application/problem+json; charset=utf-8" } }),
    new Response("<p>", { headers: { "content-type": "TEXT/HTML" } }),
  ];
  for (const response of ANSWERS) {
    assertEquals((await assertRejects(() => exchange(response).answer, AppError)).code, "provider_protocol");
  }
});

Deno.test("a stream under another type, or none, is let through: some servers send those", async () => {
  for (const type of ["text/event-stream;charset=UTF-8", "application/octet-stream", "text/plain", ""]) {
    const response = new Response(new Blob(["data: x\n\n"]).stream(), {
      headers: type === "" ? {} : { "content-type": type },
    });
    assertEquals(await (await exchange(response).answer).text(), "data: x\n\n");
  }
});
