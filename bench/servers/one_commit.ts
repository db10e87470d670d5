// What people would write first: a KV file, a commit for each token, and a watch for each follower.
//   `POST /<id>` with the question begins an answer, `GET /<id>` follows it.
//   deno run -A bench/servers/one_commit.ts <provider url> <KV file>
import { completion, DONE, listen, question, sse, tokenEvent, tokenReader } from "./serve.ts";

/** The number of the last row, and whether there will be more. */
interface Head {
  rows: number;
  done: boolean;
}

if (import.meta.main) {
  const kv = await Deno.openKv(Deno.args[1]);
  listen(async (request) => {
    const id = new URL(request.url).pathname.slice(1);
    if (request.method === "GET") {
      const events = follow(kv, id);
      return sse(
        async () => (await events.next()).value ?? null,
        () => events.return(null),
      );
    }
    const upstream = await completion(question(await request.text()));
    void keep(kv, id, upstream);
    return new Response(null, { status: 202 });
  });
}

/** Each token is a row, and moves the head in the same commit, so that a crash takes back nothing that was shown. */
async function keep(kv: Deno.Kv, id: string, upstream: Response): Promise<void> {
  let rows = 0;
  const next = tokenReader(upstream);
  for (let read = await next(); read !== null; read = await next()) {
    for (const text of read) {
      rows++;
      await kv.atomic().set(["row", id, rows], text).set(["head", id], { rows, done: false }).commit();
    }
  }
  await kv.set(["head", id], { rows, done: true });
}

async function* follow(kv: Deno.Kv, id: string): AsyncGenerator<string, null> {
  yield ": ok\n\n"; // the response begins before there is a token
  let cursor = 0;
  for await (const [{ value: head }] of kv.watch<[Head]>([["head", id]])) {
    if (head === null) continue;
    if (head.rows > cursor) {
      const rows = kv.list<string>({ start: ["row", id, cursor + 1], end: ["row", id, head.rows + 1] });
      let events = "";
      for await (const { value } of rows) events += tokenEvent(++cursor, value);
      yield events;
    }
    if (head.done) {
      yield DONE;
      break;
    }
  }
  return null;
}
