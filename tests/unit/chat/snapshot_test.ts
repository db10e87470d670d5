import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Conversations } from "@/lib/chat/conversations.ts";
import { eraseMessage, type MessageRecord, writeMessage } from "@/lib/chat/messages.ts";
import { listSummaries, type ReadySummary } from "@/lib/chat/summaries.ts";
import { type LogReader, readSnapshot } from "@/lib/chat/snapshot.ts";
import { AppError } from "@/lib/core/errors.ts";
import { randomId } from "@/lib/core/ids.ts";
import { conversationTopic, segmentPrefix, summaryKey } from "@/lib/kv/keys.ts";
import { remove, set, type Write } from "@/lib/kv/store.ts";
import type { Conversation } from "@/lib/protocol/conversation.ts";
import type { EntryType, LogEntry, Rewritten, StreamEvent } from "@/lib/protocol/event.ts";
import type { Message, Part, Status } from "@/lib/protocol/message.ts";
import { type ConversationState, reduce } from "@/lib/protocol/reduce.ts";
import { logOn } from "../../support/bus.ts";
import { FakeClock } from "../../support/clock.ts";

const USER = "00000000-0000-4000-8000-0000000000aa";

/** A conversation whose messages are written as `generate/` writes them, one entry and its record at a time. */
class Chat {
  readonly bus: ReturnType<typeof logOn>;
  readonly conversations: Conversations;
  readonly records: MessageRecord[] = [];
  readonly removed: MessageRecord[] = [];
  conversation!: Conversation;

  private constructor(kv: Deno.Kv) {
    this.bus = logOn(kv);
    const append = this.bus.log.append.bind(this.bus.log);
    const clock = new FakeClock();
    this.conversations = new Conversations({ store: this.bus.store, append, clock, newId: randomId });
  }

  static async on(kv: Deno.Kv): Promise<Chat> {
    const chat = new Chat(kv);
    chat.conversation = await chat.conversations.create(USER, { model: "demo/tour" });
    return chat;
  }

  get topic() {
    return conversationTopic(this.conversation.id);
  }

  snapshot(log: LogReader = this.bus.log) {
    const readConversation = () => this.conversations.read(USER, this.conversation.id);
    return readSnapshot({ store: this.bus.store, log, readConversation }, this.conversation.id);
  }

  async entry(entry: LogEntry, record?: (seq: number) => MessageRecord): Promise<void> {
    await this.bus.log.append(() => ({
      topics: [{ topic: this.topic, entries: [entry] }],
      writes: ([seq = 0]) => record === undefined ? [] : writeMessage(record(seq)),
    }));
  }

  async add(status: Status): Promise<void> {
    const message: Message = {
      id: randomId(),
      conversationId: this.conversation.id,
      parentId: null,
      role: status === "complete" ? "user" : "assistant",
      status,
      parts: status === "complete" ? [{ type: "text", text: "asked" }] : [],
      attempt: 1,
      createdAt: 0,
    };
    await this.entry({ type: "message", data: { message } }, (seq) => {
      const record = { message, seq, order: seq };
      this.records.push(record);
      return record;
    });
  }

  /** What has been said up to a message, in short, as `context/` writes it. */
  async summarise(record: MessageRecord, text: string): Promise<void> {
    const summary = { throughId: record.message.id, text, by: "model" as const, createdAt: 0 };
    await this.bus.log.append(() => ({
      topics: [{ topic: this.topic, entries: [{ type: "summary", data: { summary } }] }],
      writes: ([seq = 0]) => {
        const ready: ReadySummary = { state: "ready", summary, tokens: 1, seq };
        return [set(summaryKey(this.conversation.id, summary.throughId), ready)];
      },
    }));
  }

  /** A message under another parent, as `chat/removals.ts` moves it: its record stands for the same entry as before. */
  async follow(at: number, parent: number): Promise<void> {
    const { message: before, ...place } = this.records[at]!;
    const parentId = parent === at ? null : this.records[parent]!.message.id;
    const record = { ...place, message: { ...before, parentId } };
    this.records[at] = record;
    await this.rewrite(
      { removed: [], moved: [{ messageId: before.id, parentId }], unsummarised: [] },
      () => writeMessage(record),
    );
  }

  /** A message that goes, what followed it, and the summary that ends with it. */
  async remove(at: number): Promise<void> {
    const [gone] = this.records.splice(at, 1) as [MessageRecord];
    this.removed.push(gone);
    const { id, parentId } = gone.message;
    const moved: { messageId: string; parentId: string | null }[] = [];
    const writes = eraseMessage(gone);
    for (const [i, record] of this.records.entries()) {
      if (record.message.parentId !== id) continue;
      this.records[i] = { ...record, message: { ...record.message, parentId } };
      moved.push({ messageId: record.message.id, parentId });
      writes.push(...writeMessage(this.records[i]));
    }
    writes.push(remove(summaryKey(this.conversation.id, id)));
    await this.rewrite({ removed: [id], moved, unsummarised: [id] }, () => writes);
  }

  /** The message that was removed last, as the newest. */
  async putBack(): Promise<void> {
    const back = this.removed.pop();
    if (back === undefined) return;
    await this.entry({ type: "message", data: { message: back.message } }, (seq) => {
      const record = { ...back, seq, order: seq };
      this.records.push(record);
      return record;
    });
  }

  async rewrite(data: Rewritten, writes: () => Write[]): Promise<void> {
    await this.bus.log.append(() => ({
      topics: [{ topic: this.topic, entries: [{ type: "rewritten", data }] }],
      writes,
    }));
  }

  async say(record: MessageRecord, parts: Part[], attempt = record.message.attempt ?? 1): Promise<void> {
    await this.entry({ type: "delta", data: { messageId: record.message.id, attempt, parts } });
  }

  /** The same message, replaced: begun anew with `restart`, else by an entry of its own. */
  async change(at: number, change: Partial<Message>, restart = false): Promise<void> {
    const { message: before, order } = this.records[at]!;
    const message = { ...before, ...change };
    const entry: LogEntry = restart
      ? {
        type: "restart",
        data: { messageId: message.id, attempt: message.attempt ?? 1, reason: "taken_over" },
      }
      : { type: "message", data: { message } };
    await this.entry(entry, (seq) => (this.records[at] = { message, seq, order }));
  }

  /** What a follower from the very beginning holds now. */
  async reduced(): Promise<ConversationState> {
    const entries = await this.bus.log.after(this.topic, 0) ?? [];
    let state: ConversationState | null = reduce(null, {
      type: "snapshot",
      data: { conversation: this.conversation, messages: [], cursor: 0 },
    });
    for (const { seq, type, json } of entries) {
      state = reduce(state, { type, data: JSON.parse(json), id: seq } as StreamEvent);
    }
    return state!;
  }
}

function state(
  { conversation, messages, summaries, cursor }: ConversationState | Awaited<ReturnType<Chat["snapshot"]>>,
) {
  return { conversation, messages: [...messages], summaries, cursor };
}

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({
    type: fc.constantFrom("text" as const, "reasoning" as const),
    text: fc.oneof(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 1, max: 3_000 }).map((n) => "x".repeat(n)),
    ),
  }),
  fc.record({
    type: fc.constant("tool_call" as const),
    callId: fc.string(),
    name: fc.string(),
    args: fc.string(),
  }),
);
const at = fc.nat({ max: 100 });
const step = fc.oneof(
  fc.record({ do: fc.constant("add" as const), status: fc.constantFrom("complete", "queued", "streaming") }),
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      at,
      parts: fc.array(part, { minLength: 1, maxLength: 4 }),
      stale: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant("restart" as const), at }),
  fc.record({
    do: fc.constant("end" as const),
    at,
    status: fc.constantFrom("complete", "failed", "cancelled"),
  }),
  fc.record({ do: fc.constant("rename" as const), title: fc.string() }),
  fc.record({ do: fc.constant("summarise" as const), at, text: fc.string() }),
  fc.record({ do: fc.constant("follow" as const), at, parent: at }),
  fc.record({ do: fc.constant("remove" as const), at }),
  fc.record({ do: fc.constant("putBack" as const) }),
);

Deno.test("N1: at every moment a snapshot is what a follower from the beginning holds", async () => {
  using kv = await Deno.openKv(":memory:");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const chat = await Chat.on(kv);
      for (const it of steps) {
        const target = "at" in it ? it.at % Math.max(1, chat.records.length) : 0;
        const record = chat.records[target];
        if (it.do === "add") await chat.add(it.status as Status);
        else if (it.do === "putBack") await chat.putBack();
        else if (it.do === "rename") {
          await chat.conversations.patch(USER, chat.conversation.id, { title: it.title });
        } else if (record === undefined) continue;
        else if (it.do === "summarise") await chat.summarise(record, it.text);
        else if (it.do === "follow") await chat.follow(target, it.parent % chat.records.length);
        else if (it.do === "remove") await chat.remove(target);
        else if (it.do === "say") {
          await chat.say(record, it.parts, (record.message.attempt ?? 1) - (it.stale ? 1 : 0));
        } else if (it.do === "end") {
          const said = (await chat.reduced()).messages.find(({ id }) => id === record.message.id);
          await chat.change(target, { status: it.status as Status, parts: said?.parts ?? [] });
        } else if (record.message.status === "streaming") {
          await chat.change(target, { attempt: (record.message.attempt ?? 1) + 1, parts: [] }, true);
        }
        assertEquals(state(await chat.snapshot()), state(await chat.reduced()));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("N1: a change that lands while a snapshot is read is in it, or after its cursor", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  await chat.add("streaming");
  const { log } = chat.bus;
  for (const moment of ["before head", "after head", "before log", "after log"]) {
    const title = `renamed ${moment}`;
    const rename = () => chat.conversations.patch(USER, chat.conversation.id, { title });
    const at = async <T>(before: string, after: string, read: () => Promise<T>): Promise<T> => {
      if (moment === before) await rename();
      const found = await read();
      if (moment === after) await rename();
      return found;
    };
    // Ended, so that nothing but the head's own number says where the log must be read from.
    if (chat.records[0]!.message.status === "streaming") await chat.change(0, { status: "complete" });
    const snapshot = await chat.snapshot({
      head: (topic) => at("before head", "after head", () => log.head(topic)),
      after: (topic, cursor, max) => at("before log", "after log", () => log.after(topic, cursor, max)),
    });
    let seen: ConversationState | null = reduce(null, { type: "snapshot", data: snapshot });
    for (const { seq, type, json } of await log.after(chat.topic, snapshot.cursor) ?? []) {
      seen = reduce(seen, { type, data: JSON.parse(json), id: seq } as StreamEvent);
    }
    assertEquals(seen?.conversation.title, title);
    assertEquals(state(seen!), state(await chat.reduced()));
  }
});

Deno.test("N1: a summary that is written again while a snapshot is read is in it once, as it is then", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  for (let n = 0; n < 3; n++) await chat.add("complete");
  const [first, second] = chat.records;
  await chat.summarise(first!, "one");
  await chat.summarise(second!, "two");
  const { log } = chat.bus;
  const snapshot = await chat.snapshot({
    head: async (topic) => {
      const head = await log.head(topic);
      await chat.summarise(first!, "one, corrected");
      return head;
    },
    after: async (topic, cursor, max) => {
      await chat.summarise(second!, "two, corrected");
      return await log.after(topic, cursor, max);
    },
  });
  assertEquals(snapshot.summaries?.map(({ text }) => text), ["one, corrected", "two, corrected"]);
  assertEquals(state(snapshot), state(await chat.reduced()));
  assertEquals((await listSummaries(chat.bus.store, chat.conversation.id)).length, 2);
});

Deno.test("N1: what the log says of a message and its summary before both went is not said again while an answer is written", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  await chat.add("complete");
  // From its entry on, the log is read for each snapshot.
  await chat.add("streaming");
  await chat.add("complete");
  await chat.follow(2, 0);
  await chat.summarise(chat.records[0]!, "short");
  await chat.summarise(chat.records[2]!, "longer");
  await chat.remove(0);
  const snapshot = await chat.snapshot();
  assertEquals(snapshot.summaries?.map(({ text }) => text), ["longer"]);
  assertEquals(snapshot.messages.map(({ parentId }) => parentId), [null, null]);
  assertEquals(state(snapshot), state(await chat.reduced()));
  await chat.putBack();
  await chat.summarise(chat.records[2]!, "again");
  await chat.remove(1);
  assertEquals(state(await chat.snapshot()), state(await chat.reduced()));
});

Deno.test("N1: an answer of more segments than a catch-up reads is whole in its snapshot", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  await chat.add("streaming");
  const [record] = chat.records;
  const words = "漢".repeat(200);
  for (let i = 0; i < 6_000; i++) {
    // Each of a size that fills the tail by itself, so that every entry becomes a segment.
    await chat.say(record!, [{ type: "text", text: words }]);
  }
  const { messages } = await chat.snapshot();
  assertEquals(messages[0]?.parts, [{ type: "text", text: words.repeat(6_000) }]);
});

Deno.test("a snapshot of which the log has lost the beginning is given all the same, at the newest cursor", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  await chat.add("streaming");
  for (let i = 0; i < 30; i++) await chat.say(chat.records[0]!, [{ type: "text", text: "x".repeat(300) }]);
  for await (const { key } of kv.list({ prefix: segmentPrefix(chat.topic) })) await kv.delete(key);
  const { messages, cursor } = await chat.snapshot();
  assertEquals(cursor, 32);
  assertEquals(messages[0]?.status, "streaming");
});

Deno.test("P10: nothing of a conversation is read for someone else", async () => {
  using kv = await Deno.openKv(":memory:");
  const chat = await Chat.on(kv);
  let read = 0;
  const log: LogReader = {
    head: () => Promise.resolve({ value: null }),
    after: () => (read++, Promise.resolve<{ seq: number; type: EntryType; json: string }[]>([])),
  };
  const error = await assertRejects(
    () =>
      readSnapshot(
        {
          store: chat.bus.store,
          log,
          readConversation: () => chat.conversations.read("x", chat.conversation.id),
        },
        chat.conversation.id,
      ),
    AppError,
  );
  assertEquals([error.code, read], ["not_found", 0]);
});
