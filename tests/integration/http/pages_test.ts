// Long conversations over HTTP: the end of one, and pages of what comes before it.
import { assert, assertEquals } from "@std/assert";
import type { MessagePage } from "../../../lib/protocol/api.ts";
import type { Snapshot } from "../../../lib/protocol/event.ts";
import type { Message } from "../../../lib/protocol/message.ts";
import { Api } from "../../support/api.ts";
import { startApp } from "../../support/app.ts";
import { follow } from "../../support/follow.ts";
import { longChat } from "../../support/long_chat.ts";
import { assertHeaders, assertProblem } from "./expect.ts";

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);

async function read<T>(api: Api, path: string): Promise<T> {
  const response = await api.request("GET", path);
  assertEquals(response.status, 200, path);
  assertHeaders(response);
  return await response.json();
}

Deno.test("M14: a conversation is read with its last messages, and page by page before them; whoever asks without gets all", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { conversation, messages, others } = await longChat(app.kv, api, { count: 50, forksAt: [45, 11] });
  const path = `/api/conversations/${conversation.id}`;
  const whole = await read<Snapshot>(api, path);
  assertEquals([whole.messages.length, whole.forks, whole.earlier], [52, undefined, undefined]);

  const end = await read<Snapshot>(api, `${path}?last=10`);
  assertEquals(ids(end.messages), ids(messages).slice(-10));
  assertEquals(end.messages, messages.slice(-10));
  assertEquals(end.forks, [{ parentId: messages[44]!.id, ids: [others.get(45)!.id, messages[45]!.id] }]);
  assertEquals([end.earlier?.before, end.earlier?.messages], [messages[40]!.id, 40]);
  assertEquals([end.cursor, end.conversation], [whole.cursor, whole.conversation]);

  const seen: Message[] = [];
  for (let before: string | undefined = messages[40]!.id; before !== undefined;) {
    const page: MessagePage = await read(api, `${path}/messages?before=${before}&limit=7`);
    assert(page.messages.length <= 7);
    assertEquals(page.cursor, whole.cursor);
    seen.unshift(...page.messages);
    before = page.earlier?.before;
  }
  assertEquals(seen, messages.slice(0, 40));

  const branch: MessagePage = await read(api, `${path}/messages?through=${others.get(11)!.id}&limit=2`);
  assertEquals(ids(branch.messages), [messages[10]!.id, others.get(11)!.id]);
  assertEquals(branch.forks, [{ parentId: messages[10]!.id, ids: [others.get(11)!.id, messages[11]!.id] }]);
  const shown: MessagePage = await read(api, `${path}/messages?through=${messages[5]!.id}`);
  assertEquals(ids(shown.messages), ids(messages).slice(-30));
});

Deno.test("M14: a stream that is asked for last messages begins with those, on a shared connection too", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const { conversation, messages } = await longChat(app.kv, api, { count: 20 });
  const { id } = conversation;
  const first = async (path: string) => {
    for await (const event of follow(app.url + path, api.token)) {
      if (event.type === "snapshot") return event.data;
    }
    throw new Error("The stream ended first");
  };
  for (const path of [`/api/conversations/${id}/events?last=4`, `/api/events?topics=${id}&last=4`]) {
    const snapshot = await first(path);
    assertEquals(ids(snapshot.messages), ids(messages).slice(-4), path);
    assertEquals([snapshot.forks, snapshot.earlier?.messages], [[], 16]);
  }
  assertEquals((await first(`/api/conversations/${id}/events`)).messages.length, 20);
});

Deno.test("M14: pages of nonsense are refused, and those of others are not there", async () => {
  await using app = await startApp();
  const api = await Api.session(app.url);
  const stranger = await Api.session(app.url);
  const { conversation, messages } = await longChat(app.kv, api, { count: 4 });
  const path = `/api/conversations/${conversation.id}`;
  const id = messages[2]!.id;
  for (const last of ["0", "101", "-1", "1.5", "all", "", "1e1", "99999999999"]) {
    for (const where of [`${path}?`, `${path}/events?`, `/api/events?topics=${conversation.id}&`]) {
      await assertProblem(await api.request("GET", `${where}last=${last}`), "invalid");
    }
    await assertProblem(
      await api.request("GET", `${path}/messages?before=${id}&limit=${last}`),
      "invalid",
    );
  }
  for (
    const query of [
      "",
      "?limit=5",
      "?before=",
      "?before=x",
      `?before=${id.toUpperCase()}`,
      `?before=${id}&through=${id}`,
    ]
  ) {
    await assertProblem(await api.request("GET", `${path}/messages${query}`), "invalid");
  }
  for (const where of ["before", "through"]) {
    const unknown = crypto.randomUUID();
    await assertProblem(await api.request("GET", `${path}/messages?${where}=${unknown}`), "not_found");
    await assertProblem(await stranger.request("GET", `${path}/messages?${where}=${id}`), "not_found");
  }
  const elsewhere = await longChat(app.kv, api, { count: 2 });
  const other = `/api/conversations/${elsewhere.conversation.id}/messages?before=${id}`;
  await assertProblem(await api.request("GET", other), "not_found");
  await assertProblem(await stranger.request("GET", `${path}?last=5`), "not_found");
  assertEquals((await read<MessagePage>(api, `${path}/messages?before=${messages[0]!.id}`)).messages, []);
});
