import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Chunked } from "../../../bench/generator/http.ts";
import { httpChunk } from "../../../bench/generator/script.ts";

const encoder = new TextEncoder();

Deno.test("a chunked body is the same however its bytes arrive", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ minLength: 1, unit: "binary" }), { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
    (texts, cuts) => {
      const bytes = [...texts.map(httpChunk), encoder.encode("0\r\n\r\n")].flatMap((chunk) => [...chunk]);
      const chunked = new Chunked();
      const body: number[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const piece = Uint8Array.from(bytes.slice(at, at + cuts[i % cuts.length]!));
        assertEquals(chunked.push(piece, (some) => body.push(...some)), piece.length);
        at += piece.length;
        assertEquals(chunked.done, at === bytes.length);
      }
      assertEquals(body, [...encoder.encode(texts.join(""))]);
    },
  ));
});

Deno.test("what follows a chunked body is left for the next response", () => {
  const chunked = new Chunked();
  const bytes = encoder.encode("2;name=value\r\nab\r\n0\r\n\r\nHTTP/1.1 200 OK");
  const pieces: string[] = [];
  const used = chunked.push(bytes, (piece) => pieces.push(new TextDecoder().decode(piece)));
  assert(chunked.done);
  assertEquals(pieces, ["ab"]);
  assertEquals(new TextDecoder().decode(bytes.subarray(used)), "HTTP/1.1 200 OK");
});
