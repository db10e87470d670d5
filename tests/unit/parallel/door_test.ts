// Who may come in, who is waited for, and who is asked to come again.
import { assertEquals } from "@std/assert";
import { Door } from "@/lib/parallel/door.ts";

const REQUEST = new Request("http://localhost/");

Deno.test("D1: a door that is shut turns away who comes, and waits for who is inside", async () => {
  const door = new Door(() => new Response("served"), () => new Response("refused", { status: 503 }));
  const [one, other] = [visit(), visit()];
  assertEquals(await textOf(door.fetch(REQUEST, one.info)), "served");
  assertEquals(await textOf(door.fetch(REQUEST, other.info)), "served");
  let isEmpty = false;
  const shut = door.shutdown().then(() => (isEmpty = true));
  const refused = await door.fetch(REQUEST, visit().info);
  assertEquals([await refused.text(), refused.status], ["refused", 503]);
  assertEquals(refused.headers.get("connection"), "close");
  one.leave();
  await Promise.resolve();
  assertEquals(isEmpty, false);
  other.hangUp();
  await shut;
});

Deno.test("D1: a door with nobody inside is shut at once", async () => {
  const door = new Door(() => new Response("served"), () => new Response("refused"));
  const one = visit();
  await door.fetch(REQUEST, one.info);
  one.leave();
  await door.shutdown();
});

Deno.test("D2: one response in thirty-two is the last on its connection, and else as it was", async () => {
  const headers = { "content-type": "text/event-stream" };
  const door = new Door(() => new Response("served", { status: 201, headers }), () => Response.error());
  const closing: number[] = [];
  for (let i = 1; i <= 64; i++) {
    const response = await door.fetch(REQUEST, visit().info);
    assertEquals([await response.text(), response.status], ["served", 201]);
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    if (response.headers.get("connection") === "close") closing.push(i);
  }
  assertEquals(closing, [32, 64]);
});

/** What the server says of one request, which is over when the test says so. */
function visit() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  const info: Deno.ServeHandlerInfo = { remoteAddr, completed: promise };
  return { info, leave: resolve, hangUp: () => reject(new Error("Interrupted")) };
}

async function textOf(response: Response | Promise<Response>): Promise<string> {
  return await (await response).text();
}
