// A process that serves pages and followers only: what it need not load costs it 65 ms and 35 MB for nothing.
import { assert, assertEquals } from "@std/assert";
import { textOf } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { MODELS, startWithProvider } from "../../support/server_with_provider.ts";

/** Packages that only a job needs, as their scripts' addresses have them. */
const SDKS = ["/openai/", "/@anthropic-ai/sdk/"];

Deno.test("pages and followers load no SDK; the first answer of a provider loads its own, and no other", async () => {
  const inspector = freePort();
  await using world = await startWithProvider({ auto: { tokens: 3 } }, {
    flags: [`--inspect=127.0.0.1:${inspector}`],
  });
  const { server } = world;
  const api = await Api.session(server.url);
  const { id } = await api.create();
  const page = await fetch(`${server.url}/c/${id}`, { headers: { cookie: api.cookie } });
  assertEquals([page.status, (await page.text()).includes('id="composer"')], [200, true]);
  const stream = await fetch(`${server.url}/api/conversations/${id}/events`, {
    headers: { cookie: api.cookie },
  });
  const reader = stream.body!.getReader();
  assert(!(await reader.read()).done);
  await reader.cancel();

  const before = await scripts(inspector);
  assert(before.some((url) => url.endsWith("/lib/models/openai.ts")), "the inspector lists our own modules");
  assertEquals(sdksIn(before), []);

  const { reply } = await api.send(id, { text: "Hello?", model: MODELS.messages });
  assert(textOf(await api.finished(id, reply.messageId)) !== "");
  assertEquals(sdksIn(await scripts(inspector)), ["/@anthropic-ai/sdk/"]);
});

function sdksIn(urls: readonly string[]): string[] {
  return SDKS.filter((sdk) => urls.some((url) => url.includes(sdk)));
}

/** The addresses of all scripts that a process has loaded, as its debugger names them. */
async function scripts(port: number): Promise<string[]> {
  const [target] = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const urls: string[] = [];
  const listed = Promise.withResolvers<void>();
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Debugger.enable" }));
  socket.onerror = () => listed.reject(new Error("The debugger does not answer"));
  // It names what is loaded already before it answers.
  socket.onmessage = ({ data }) => {
    const { id, method, params } = JSON.parse(data);
    if (method === "Debugger.scriptParsed") urls.push(params.url);
    if (id === 1) listed.resolve();
  };
  await listed.promise;
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  return urls;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
