// Titles are made beside the answers, when the first of a conversation has ended, and never hold anything up.
//   T2  What a person called a conversation stays: the commit of a title checks that nobody named it.
//   T3  A title is tried twice at most, by one process at a time; then the first words stay.
import { listMessages } from "../chat/messages.ts";
import { changeTopics, writeConversation } from "../chat/conversations.ts";
import { branch } from "../chat/tree.ts";
import { AppError, causes } from "../core/errors.ts";
import type { Id, NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { Outcome } from "../jobs/job.ts";
import type { Rules, SideJobs } from "../jobs/side_job.ts";
import { conversationKey, titleKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { type Check, remove, type Store } from "../kv/store.ts";
import type { Provider } from "../models/provider.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import type { Conversation } from "../protocol/conversation.ts";
import { isTerminal, type Message, textOf, type Usage, wasSaid } from "../protocol/message.ts";
import type { Abilities } from "../protocol/model.ts";
import { EFFORTS } from "../protocol/params.ts";
import type { OtherCall } from "../usage/ledger.ts";
import { beginningOf, ENTITLE, titleIn } from "./title.ts";

const RULES: Rules = { triesMax: 2, retryMs: 10_000, makeMsMax: 60_000 };
/** A title has ten; a model that thinks first needs more. */
const OUTPUT_TOKENS = 2_000;
/** Of what a model says, so much is looked at: what is longer is no title. */
const SAID_CHARS_MAX = 500;
/** The demo answers nothing that could be named. */
const DEMO = "demo";

export interface TitlesDeps {
  store: Store;
  append: Append;
  clock: Clock;
  logger: Logger;
  counters: Counters;
  newId: NewId;
  sideJobs: Pick<SideJobs, "begin">;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<{
    provider: Provider;
    model: string;
    outputTokensMax: number | null;
    /** Absent: not known. */
    abilities?: Pick<Abilities, "efforts">;
  }>;
  /** The model that makes titles where `model` answers. */
  cheap: (model: string) => Promise<string>;
  /** Enters in the ledger what a call used. */
  bill: (call: OtherCall) => Promise<void>;
}

/** What is to be named, by whom. */
interface Task {
  userId: Id;
  conversationId: Id;
  question: Message;
  answer: Message;
  /** `provider/model` */
  model: string;
  /** The conversation, for as long as it is as it was read. */
  asRead: Check;
}

export class Titles {
  readonly #deps: TitlesDeps;

  constructor(deps: TitlesDeps) {
    this.#deps = deps;
  }

  /** An answer has ended: names its conversation, if nobody has. Returns at once, and never throws. */
  afterAnswer({ conversationId, model }: { conversationId: Id; model: string }): void {
    if (providerOf(model) === DEMO) return;
    const tasks: Task[] = [];
    this.#deps.sideJobs.begin({
      name: "title",
      fields: { conversationId },
      failures: "throughline_titles_failed_total",
      key: titleKey(conversationId),
      rules: RULES,
      wanted: async () => {
        const task = await this.#taskOf(conversationId, model);
        if (task === null) return null;
        tasks[0] = task;
        return [task.asRead];
      },
      make: (claim, signal) => this.#make(tasks[0]!, claim, signal),
    });
  }

  /** Somebody looks at a conversation: makes the title that a process died over. Returns at once, and never throws. */
  attend({ id, titledBy, running, model }: Conversation): void {
    if (titledBy !== "nobody" || running !== null) return;
    const { store, logger } = this.#deps;
    void store.get(titleKey(id)).then(({ value }) => {
      if (value !== null) this.afterAnswer({ conversationId: id, model });
    }).catch((error) => {
      logger.log("warn", "title_not_looked_for", { conversationId: id, cause: causes(error) });
    });
  }

  /** Null when nothing is to be named: somebody did, or no answer has a word yet. */
  async #taskOf(conversationId: Id, answering: string): Promise<Task | null> {
    const { store, cheap } = this.#deps;
    const key = conversationKey(conversationId);
    const { value: record, versionstamp } = await store.get(key);
    if (record === null || !isNameless(record)) return null;
    const records = await listMessages(store, conversationId);
    const { userId, conversation: { activeLeaf } } = record;
    const path = branch(records.map(({ message }) => message), activeLeaf).filter(hasWords);
    const question = path.find(({ role }) => role === "user");
    const answer = path.find(({ role, status }) => role === "assistant" && isTerminal(status));
    if (question === undefined || answer === undefined) return null;
    const model = await cheap(answering);
    if (providerOf(model) === DEMO) return null;
    return { userId, conversationId, question, answer, model, asRead: { key, versionstamp } };
  }

  async #make(task: Task, claim: Check, signal: AbortSignal): Promise<void> {
    const { counters, logger } = this.#deps;
    const { conversationId, model } = task;
    const title = titleIn(await this.#ask(task, signal));
    if (title === null) throw new AppError("provider_empty", "The model gave no title.");
    const isWritten = await this.#write(conversationId, title, claim);
    counters.add("throughline_titles_made_total", 1);
    logger.log("info", "title_made", { conversationId, model, chars: title.length, isWritten });
  }

  async #ask(task: Task, signal: AbortSignal): Promise<string> {
    const { resolve, clock } = this.#deps;
    const { userId, conversationId, question, answer, model } = task;
    const { provider, model: name, outputTokensMax, abilities } = await resolve(model);
    // A title wants no thought.
    const effort = EFFORTS.find((effort) => abilities?.efforts?.includes(effort));
    let said = "";
    let usage: Usage | undefined;
    let outcome: Outcome = "failed";
    try {
      signal.throwIfAborted();
      const request = {
        model: name,
        systemPrompt: ENTITLE,
        turns: [{ role: "user" as const, text: beginningOf(textOf(question), textOf(answer)) }],
        outputTokensMax: Math.min(OUTPUT_TOKENS, outputTokensMax ?? Infinity),
        ...(effort === undefined ? {} : { params: { effort } }),
      };
      for await (const delta of provider.stream(request, signal)) {
        if (delta.type === "usage") usage = delta.usage;
        else if (delta.type === "text") said += delta.text.slice(0, SAID_CHARS_MAX - said.length);
        else if (delta.type === "end") {
          if (delta.stopReason !== undefined) {
            throw new AppError("provider_truncated", `The title was cut off: ${delta.stopReason}.`);
          }
          outcome = "complete";
          return said;
        }
      }
      throw new AppError("provider_truncated", "The title was cut off.");
    } finally {
      if (usage !== undefined) {
        if (signal.aborted) outcome = "cancelled";
        const bill = { model, usage, outcome, at: clock.now() };
        await this.#bill({ userId, conversationId, messageId: answer.id, bill });
      }
    }
  }

  /** A title that cannot be billed is made all the same. */
  async #bill(call: Omit<OtherCall, "id" | "kind">): Promise<void> {
    const { newId, bill, logger } = this.#deps;
    try {
      await bill({ id: newId(), kind: "title", ...call });
    } catch (error) {
      const { conversationId, bill: { model, usage } } = call;
      logger.log("error", "title_unbilled", { conversationId, model, ...usage, cause: causes(error) });
    }
  }

  /** False when somebody named the conversation meanwhile (T2), or it is gone, or the record was taken by another (T3). */
  async #write(conversationId: Id, title: string, claim: Check): Promise<boolean> {
    const { append, store } = this.#deps;
    const appended = await append(async () => {
      const [{ value: before, versionstamp }, making] = await Promise.all([
        store.get(conversationKey(conversationId)),
        store.get(titleKey(conversationId)),
      ]);
      if (making.versionstamp !== claim.versionstamp || before === null || !isNameless(before)) return null;
      const conversation: Conversation = { ...before.conversation, title, titledBy: "model" };
      return {
        topics: changeTopics(before.userId, conversation),
        checks: [claim, { key: conversationKey(conversationId), versionstamp }],
        writes: () => [
          ...writeConversation(before, { ...before, conversation }),
          remove(titleKey(conversationId)),
        ],
      };
    });
    // Named by somebody else: the record has had its use. Taken by another, it is theirs.
    if (appended === null) {
      await store.commit({ checks: [claim], writes: [remove(titleKey(conversationId))] });
    }
    return appended !== null;
  }
}

function isNameless(
  { deletedAt, conversation }: { deletedAt: number | null; conversation: Conversation },
): boolean {
  return deletedAt === null && conversation.titledBy === "nobody";
}

function hasWords(message: Message): boolean {
  return wasSaid(message) && textOf(message).trim() !== "";
}

function providerOf(model: string): string {
  return model.slice(0, model.indexOf("/"));
}
