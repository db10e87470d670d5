// What should not be sent gets an answer that says so, costs little, and loses nothing.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ErrorCode } from "../../../lib/core/errors.ts";
import { BODY_BYTES_MAX, MESSAGE_CHARS_MAX } from "../../../lib/protocol/api.ts";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { assertProblem } from "./expect.ts";
import { endless, rawRequest } from "./raw.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Every route that reads a body. `:id` is a conversation of the sender, and `:messageId` is looked at after the body. */
const BODIES: [method: string, path: string][] = [
  ["POST", "/api/conversations"],
  ["POST", "/api/conversations/bulk"],
  ["PATCH", "/api/conversations/:id"],
  ["POST", "/api/conversations/:id/messages"],
  ["PATCH", "/api/conversations/:id/messages/:messageId"],
  ["POST", "/api/conversations/:id/regenerate"],
  ["POST", "/api/conversations/:id/continue"],
  ["POST", "/api/conversations/:id/fork"],
  ["PUT", "/api/conversations/:id/messages/:messageId/rating"],
  ["PUT", "/api/conversations/:id/summaries/:messageId"],
  ["PATCH", "/api/preferences"],
  ["POST", "/api/chat"],
  ["POST", "/api/chat/stream"],
];

/** What is no body of any of them. */
const WRONG: [what: string, body: string | undefined, headers: HeadersInit, code: ErrorCode][] = [
  ["no body and no type", undefined, {}, "unsupported_media_type"],
  ["no body", undefined, JSON_TYPE, "bad_request"],
  ["null", "null", JSON_TYPE, "invalid"],
  ["an array", "[]", JSON_TYPE, "invalid"],
  ["a string", '"text"', JSON_TYPE, "invalid"],
  ["a number", "7", JSON_TYPE, "invalid"],
  ["half of an object", '{"text":', JSON_TYPE, "bad_request"],
  ["text/plain JSON", '{"text":"a"}', { "content-type": "text/plain" }, "unsupported_media_type"],
  ["a form", "text=a", { "content-type": "application/x-www-form-urlencoded" }, "unsupported_media_type"],
  ["a compressed body", "{}", { ...JSON_TYPE, "content-encoding": "gzip" }, "unsupported_media_type"],
  ["an unknown member", '{"surprise":1}', JSON_TYPE, "invalid"],
  ["a prototype", '{"__proto__":{"admin":true},"constructor":1}', JSON_TYPE, "invalid"],
  ["deep nesting", "[".repeat(100_000), JSON_TYPE, "bad_request"],
  ["deep nesting that closes", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, JSON_TYPE, "invalid"],
];

for (const [method, path] of BODIES) {
  Deno.test(`${method} ${path}: a body that is none is refused, and changes nothing`, async () => {
    await using app = await startApp();
    const api = await Api.session(app.url);
    const { id } = await api.create({ title: "as it was" });
    const before = [await api.list(), await api.read(id)];
    for (const [what, body, headers, code] of WRONG) {
      const response = await fetch(app.url + path.replace(":id", id).replace(":messageId", id), {
        method,
        headers: { authorization: `Bearer ${api.token}`, ...headers },
        body: body === undefined ? undefined : new TextEncoder().encode(body),
      });
      await assertProblem(response, code).catch((error) => {
        throw new Error(`${what}: ${error.message}`);
      });
    }
    assertEquals([await api.list(), await api.read(id)], before);
  });
}

Deno.test("bytes that are no UTF-8 are refused", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const bytes = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
  await assertProblem(await api.request("POST", "/api/conversations", bytes, JSON_TYPE), "bad_request");
});

Deno.test("a member of the wrong type or size is named", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  const messages = `/api/conversations/${id}/messages`;
  const wrong: [method: string, path: string, body: unknown, names: string][] = [
    ["POST", messages, { text: 7 }, "text"],
    ["POST", messages, { text: "" }, "text"],
    ["POST", messages, { text: " \n\t " }, "text"],
    ["POST", messages, { text: "x".repeat(MESSAGE_CHARS_MAX + 1) }, "text"],
    ["POST", messages, '{"text":"a\\ud800b"}', "text"],
    ["POST", messages, { text: "a", id: 7 }, "id"],
    ["POST", messages, { text: "a", id: "not a uuid" }, "id"],
    ["POST", messages, { text: "a", id: id.toUpperCase().replace(/\d/, "A") }, "id"],
    ["POST", messages, { text: "a", parentId: "__proto__" }, "parentId"],
    ["POST", messages, { text: "a", parentId: crypto.randomUUID() }, "parentId"],
    ["POST", messages, { text: "a", model: "" }, "model"],
    ["PATCH", `/api/conversations/${id}`, {}, "change"],
    ["PATCH", `/api/conversations/${id}`, { title: "  " }, "title"],
    ["PATCH", `/api/conversations/${id}`, { title: "x".repeat(201) }, "title"],
    ["PATCH", `/api/conversations/${id}`, { pinned: "yes" }, "pinned"],
    ["PATCH", `/api/conversations/${id}`, { id: crypto.randomUUID() }, "id"],
    ["POST", "/api/conversations", { systemPrompt: "x".repeat(16_001) }, "systemPrompt"],
    ["POST", "/api/chat", { message: "x".repeat(10_001) }, "message"],
    ["POST", "/api/chat", { message: "a", stream: "true" }, "stream"],
    ["POST", "/api/chat", { message: "a", conversation_id: "x".repeat(3_000) }, "conversation_id"],
    ["POST", "/api/chat/stream", { message: "a", conversation_id: "__proto__" }, "conversation_id"],
  ];
  for (const [method, path, body, names] of wrong) {
    const { detail } = await assertProblem(await api.request(method, path, body), "invalid");
    assertStringIncludes(detail, names);
  }
  assertEquals((await api.read(id)).messages, []);
});

Deno.test("an unknown or unusable model is a 422 that names the usable ones, and starts nothing", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  for (const model of ["demo/nothing", "openai/gpt-6-luna", "constructor", "x/y\r\nset-cookie: a=b"]) {
    for (
      const [method, path, body] of [
        ["POST", "/api/conversations", { model }],
        ["PATCH", `/api/conversations/${id}`, { model }],
        ["POST", `/api/conversations/${id}/messages`, { text: "a", model }],
      ] as const
    ) {
      const { detail, available } = await assertProblem(
        await api.request(method, path, body),
        "unknown_model",
      );
      assertEquals(available, ["demo/tour"]);
      assertStringIncludes(detail, "demo/tour");
    }
  }
  assertEquals((await api.list()).conversations.length, 1);
  assertEquals((await api.read(id)).messages, []);
});

Deno.test("text of any script and any character comes back as it was sent", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { id } = await api.create();
  for (
    const text of ["あ".repeat(MESSAGE_CHARS_MAX), "\0 \u2028 👩‍🚀 \r\n data: x\n\nevent: bye", "__proto__"]
  ) {
    const { message, reply } = await api.send(id, { text });
    await api.finished(id, reply.messageId);
    const stored = (await api.read(id)).messages.find((one) => one.id === message.id);
    assertEquals(textOf(stored!), text);
  }
});

Deno.test("a body over the limit is refused while it comes in: declared, lying, or without end", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const head = [
    "POST /api/conversations HTTP/1.1",
    "host: a",
    `authorization: Bearer ${api.token}`,
    "content-type: application/json",
  ];
  const chunk = new Uint8Array(16 * 1024).fill(0x20);
  const tenMegabytes = Array.from({ length: 640 }, () => chunk);
  const rssBefore = Deno.memoryUsage().rss;
  // What may be in flight: the kernel's buffers on both sides, and what the server reads before it is refused.
  const inFlightMax = 6 * 1024 * 1024;
  for (
    const [what, lines, chunks] of [
      ["declared", [`content-length: ${tenMegabytes.length * chunk.length}`], tenMegabytes],
      ["declared far beyond", ["content-length: 99999999999"], tenMegabytes],
      ["chunked without end", ["transfer-encoding: chunked"], endless(" ".repeat(16 * 1024))],
    ] as const
  ) {
    const { response, sentBytes } = await rawRequest(app.url, [...head, ...lines], chunks);
    const { detail } = await assertProblem(response, "too_large");
    assertStringIncludes(detail, String(BODY_BYTES_MAX));
    assert(sentBytes < inFlightMax, `${what}: ${sentBytes} bytes were taken before the answer`);
  }
  const grown = Deno.memoryUsage().rss - rssBefore;
  assert(grown < 32 * 1024 * 1024, `memory grew by ${grown} bytes`);
  // The largest body that is allowed is read.
  const padded = `{"title":"fits"}`.padEnd(BODY_BYTES_MAX, " ");
  const fits = await api.request("POST", "/api/conversations", padded);
  assertEquals([fits.status, (await fits.json()).title], [201, "fits"]);
  await assertProblem(await api.request("POST", "/api/conversations", `${padded} `), "too_large");
});
