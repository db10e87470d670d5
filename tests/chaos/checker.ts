// Judges a history. It knows the promises and reads the records, and shares no code with what it judges.
import type { Write } from "@/lib/kv/store.ts";
import type { ConversationRecord } from "@/lib/chat/conversations.ts";
import type { Snapshot } from "@/lib/protocol/event.ts";
import type { MessageAccepted } from "@/lib/protocol/api.ts";
import { type Fold, same, take, wordsOf } from "./fold.ts";
import type { Moment } from "./history.ts";
import { Ledger } from "./ledger.ts";
import { Purse } from "./purse.ts";
import { type Change, editedText } from "./person.ts";
import { Tenure } from "./tenure.ts";
import { Voices } from "./voices.ts";

/** More than enough to see what went wrong; a broken run says the same thing at every entry. */
const SAID_MAX = 20;

interface Reader {
  conversationId: string;
  cursor: number | null;
}

interface Asked {
  conversationId: string;
  text: string;
  answers: Set<string>;
  changed: Change | null;
}

class Checker {
  readonly amiss: string[] = [];
  readonly #ledger = new Ledger();
  readonly #purse = new Purse();
  readonly #tenure = new Tenure();
  readonly #voices = new Voices();
  readonly #folds = new Map<string, Fold>();
  readonly #conversations = new Map<string, ConversationRecord["conversation"]>();
  readonly #waiting = new Set<string>();
  readonly #readers = new Map<string, Reader>();
  readonly #asked = new Map<string, Asked>();
  /** What was wished of an answer: the ids of the wishes, and what each was told. */
  readonly #wishes = new Map<string, Map<string, Set<string>>>();
  /** Jobs that were told to stop, and when. */
  readonly #stops = new Map<string, number>();
  #calmMs = Infinity;
  #settled = false;

  take(moment: Moment): void {
    const say = (promise: string) => (what: string) => this.#say(moment, promise, what);
    switch (moment.what) {
      case "committed": {
        const added = this.#ledger.add(moment.writes, say("B1"));
        this.#tenure.add(moment.by, moment.atMs, moment.writes, added, say("P5"));
        for (const { topic, entries } of added) {
          const fold = this.#foldOf(topic);
          for (const entry of entries) take(fold, entry, say("P6"));
        }
        this.#index(moment.writes);
        this.#purse.add(moment.writes, say("money"));
        return;
      }
      case "called":
      case "said":
      case "closed":
        return this.#voices.add(moment);
      case "connected": {
        const { follower, conversationId, cursor } = moment;
        const known = this.#readers.get(follower)?.cursor ?? null;
        if (known !== null && known !== cursor) {
          say("P1")(`${follower} came back at ${cursor} and held ${known}`);
        }
        this.#readers.set(follower, { conversationId, cursor });
        return;
      }
      case "entry":
        return this.#entry(moment, say("P1"));
      case "snapshot":
        return this.#snapshot(moment, say("P1"));
      case "asked": {
        const { messageId, conversationId, text } = moment;
        if (!this.#asked.has(messageId)) {
          this.#asked.set(messageId, { conversationId, text, answers: new Set(), changed: null });
        }
        return;
      }
      case "answered":
        this.#asked.get(moment.messageId)?.answers.add(moment.accepted);
        return;
      case "refused":
        if (moment.code === "conflict") {
          say("P7")(`${moment.messageId} was sent again and refused as another message`);
        }
        if (moment.code === "thrown") say("P7")(`${moment.messageId} met an error that nobody foresaw`);
        return;
      case "changed": {
        const asked = this.#asked.get(moment.messageId);
        if (asked !== undefined) asked.changed = moment.how;
        return;
      }
      case "wished": {
        const { messageId, id, accepted } = moment;
        const wishes = this.#wishes.get(messageId) ?? new Map<string, Set<string>>();
        const told = wishes.get(id) ?? new Set<string>();
        if (accepted !== null) told.add(accepted);
        this.#wishes.set(messageId, wishes.set(id, told));
        return;
      }
      case "stop":
        this.#stops.set(moment.generationId, this.#stops.get(moment.generationId) ?? moment.atMs);
        return;
      case "calm":
        this.#calmMs = moment.atMs;
        return;
      case "over":
        this.#settled = moment.settled;
        this.#end(moment);
    }
  }

  #say(moment: Moment, promise: string, what: string): void {
    if (this.amiss.length < SAID_MAX) this.amiss.push(`${promise} at ${moment.atMs}: ${what}`);
  }

  #foldOf(topic: string): Fold {
    const fold: Fold = this.#folds.get(topic) ?? new Map();
    this.#folds.set(topic, fold);
    return fold;
  }

  /** What stands in the records when the run ends. */
  #index(writes: readonly Write[]): void {
    for (const { key, value } of writes) {
      const id = String(key[1]);
      if (key[0] === "conversation") this.#conversations.set(id, (value as ConversationRecord).conversation);
      if (key[0] !== "running") continue;
      if (value === undefined) this.#waiting.delete(id);
      else this.#waiting.add(id);
    }
  }

  /** The next entry, and one that is committed (P2). */
  #entry({ follower, entry }: Moment & { what: "entry" }, amiss: (what: string) => void): void {
    const reader = this.#readers.get(follower);
    if (reader === undefined) return amiss(`${follower} was handed an entry before it came`);
    if (entry.seq !== (reader.cursor ?? NaN) + 1) {
      amiss(`${follower} was handed entry ${entry.seq} after ${reader.cursor}`);
    }
    const written = this.#ledger.of(`c:${reader.conversationId}`)[entry.seq - 1];
    if (written === undefined) amiss(`${follower} was handed entry ${entry.seq}, which nobody has committed`);
    else if (written.json !== entry.json || written.type !== entry.type) {
      amiss(`${follower} was handed another entry ${entry.seq} than was committed`);
    }
    reader.cursor = entry.seq;
  }

  /** Only for who comes without a cursor, and the same as all entries up to its own. */
  #snapshot({ follower, cursor, json }: Moment & { what: "snapshot" }, amiss: (what: string) => void): void {
    const reader = this.#readers.get(follower);
    if (reader === undefined) return amiss(`${follower} was handed a snapshot before it came`);
    if (reader.cursor !== null) amiss(`${follower} held cursor ${reader.cursor} and was handed a snapshot`);
    const entries = this.#ledger.of(`c:${reader.conversationId}`);
    if (cursor > entries.length) {
      amiss(`${follower}'s snapshot is of ${cursor}, and ${entries.length} are committed`);
    }
    reader.cursor = cursor;
    const fold: Fold = new Map();
    for (const entry of entries.slice(0, cursor)) take(fold, entry, () => {});
    const { messages } = JSON.parse(json) as Snapshot;
    if (messages.length !== fold.size) {
      amiss(`${follower}'s snapshot has ${messages.length} messages of ${fold.size}`);
    }
    for (const message of messages) {
      const told = fold.get(message.id);
      if (told === undefined) amiss(`${follower}'s snapshot has ${message.id}, which no entry tells of`);
      else if (!same(told.words, wordsOf(message.parts)) || told.message.status !== message.status) {
        amiss(`${follower}'s snapshot at ${cursor} has other words or another state of ${message.id}`);
      }
    }
  }

  #end(moment: Moment): void {
    const say = (promise: string) => (what: string) => this.#say(moment, promise, what);
    if (!this.#settled) say("P8")("time is up, and something still runs or somebody was not told");
    for (const [id, job] of this.#tenure.jobs) {
      if (job.state !== "done") say("P8")(`job ${id} is ${job.state} for ever`);
    }
    for (const id of this.#waiting) say("P8")(`job ${id} is still in the index`);
    for (const [id, { running, queue }] of this.#conversations) {
      if (running !== null || queue.length > 0) say("P8")(`conversation ${id} still waits for an answer`);
    }
    for (const [follower, { conversationId, cursor }] of this.#readers) {
      const { length } = this.#ledger.of(`c:${conversationId}`);
      if (cursor !== length) say("P1")(`${follower} holds ${cursor} entries of ${length}`);
    }
    for (const [messageId, asked] of this.#asked) this.#answered(messageId, asked, say("P7"));
    for (const [, fold] of this.#folds) this.#wished(fold, say("P7"));
    const all = [...this.#folds].filter(([topic]) => topic.startsWith("c:"));
    for (const [, fold] of all) this.#voices.judge(fold, (id) => this.#tenure.claims(id), say("P1"));
    for (const [generationId, stoppedMs] of this.#stops) {
      const job = this.#tenure.jobs.get(generationId);
      const fold = this.#foldOf(`c:${job?.conversationId}`);
      const question = fold.get(fold.get(job?.messageId ?? "")?.message.parentId ?? "")?.words.text;
      this.#voices.stopped(
        question,
        Math.max(stoppedMs, this.#calmMs),
        job === undefined ? Infinity : this.#tenure.nextMs(job),
        say("P6"),
      );
    }
    this.#voices.end(say("P6"));
    const answers = all.flatMap(([, fold]) => [...fold.values()].map(({ message }) => message));
    this.#purse.end([...this.#conversations.values()], answers, say("money"));
  }

  /** An answer goes on once for each wish that was heard, and each wish is told one thing. */
  #wished(fold: Fold, amiss: (what: string) => void): void {
    for (const [messageId, { wentOn }] of fold) {
      const wishes = this.#wishes.get(messageId) ?? new Map<string, Set<string>>();
      if (wentOn > wishes.size) amiss(`${messageId} went on ${wentOn} times, and ${wishes.size} were wished`);
      const heard = [...wishes.values()].filter(({ size }) => size > 0).length;
      if (heard > wentOn) {
        amiss(`${heard} wishes for ${messageId} were heard, and it went on ${wentOn} times`);
      }
      for (const [id, { size }] of wishes) if (size > 1) amiss(`wish ${id} was answered in ${size} ways`);
    }
  }

  /** One message in the log for whatever was answered, at most one for what was not; the same answer every time. */
  #answered(
    messageId: string,
    { conversationId, text, answers, changed }: Asked,
    amiss: (what: string) => void,
  ): void {
    if (answers.size > 1) amiss(`${messageId} was answered in ${answers.size} ways`);
    const fold = this.#foldOf(`c:${conversationId}`);
    const texts = [text, editedText(text)];
    const asking = [...fold.values()].filter(({ message, words }) =>
      message.role === "user" && texts.includes(words.text)
    );
    const there = fold.get(messageId);
    if (changed === "edited" && there?.words.text !== editedText(text)) {
      amiss(`the edit of ${messageId} was lost`);
    }
    if (changed === "removed" && there?.message.status !== "cancelled") {
      amiss(`${messageId} was removed, and said`);
    }
    if (asking.length > 1) amiss(`${messageId} stands there ${asking.length} times`);
    for (const answer of answers) {
      const { message, reply, cursor } = JSON.parse(answer) as MessageAccepted;
      const told = fold.get(message.id);
      if (message.id !== messageId || told === undefined) {
        amiss(`${messageId} was answered, and is not there`);
        continue;
      }
      if (cursor > this.#ledger.of(`c:${conversationId}`).length) {
        amiss(`${messageId} was answered ahead of the log`);
      }
      const replied = fold.get(reply.messageId);
      if (told.message.status === "cancelled" ? replied !== undefined : replied?.ended !== true) {
        amiss(`the answer to ${messageId} ${replied === undefined ? "is not there" : "has no end"}`);
      }
    }
  }
}

/** What is wrong with a history, one sentence each; empty when every promise was kept. */
export function check(moments: readonly Moment[]): string[] {
  const checker = new Checker();
  for (const moment of moments) checker.take(moment);
  if (moments.at(-1)?.what !== "over") checker.amiss.push("the history has no end");
  return checker.amiss;
}
