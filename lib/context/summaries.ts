// Summaries are made beside the answers that will need them, and never hold one up.
//   Y1  One process makes a summary: whoever takes its record by a checked write. What a dead one left undone is made by
//       whoever needs it when the lease is over.
//   Y2  What a person wrote is never written over: the commit checks the record that was taken.
//   Y4  A summary of words that were changed or removed while it was made is not written.
//   Y3  A summary goes on from the newest that there is of its branch, whoever wrote that.
import { claimedSummary, failedSummary, type MakingSummary, type ReadySummary } from "../chat/summaries.ts";
import { AppError, causes } from "../core/errors.ts";
import type { Id, NewId } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { conversationKey, summaryKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { remove, set, type Store } from "../kv/store.ts";
import type { Provider } from "../models/provider.ts";
import type { Logger } from "../observe/log.ts";
import type { Counters } from "../observe/metrics.ts";
import { isTerminal, type Message, textOf, type Usage } from "../protocol/message.ts";
import { type Summary, SUMMARY_CHARS_MAX } from "../protocol/summary.ts";
import type { Bill } from "../usage/bill.ts";
import type { OtherCall } from "../usage/ledger.ts";
import { budget } from "./budget.ts";
import type { ContextLimits } from "./context.ts";
import { type Estimates, textTokens } from "./estimate.ts";
import { foresee, type ForesightDeps } from "./foresight.ts";
import { readyPlan } from "./ready.ts";
import { requestsOf, type Said, SUMMARISE, transcript } from "./transcript.ts";

/** All requests of one summary together; then it has failed. */
const MAKE_MS_MAX = 120_000;
/** Outlasts the making and its commit, so that nobody takes what is still being made. */
const LEASE_MS = MAKE_MS_MAX + 30_000;
/** Summaries that one process makes at once. What is not begun is needed again at the next turn. */
const MAKING_MAX = 8;
/** Most tokens of one request: what costs little and is answered in time, by whatever model. */
const REQUEST_TOKENS_MAX = 60_000;
/** Where the window of the summarising model is not known. */
const UNKNOWN_WINDOW = 16_000;
/** A summary has some 500; a model that thinks first needs more. */
const OUTPUT_TOKENS = 8_000;
/** Kept in each request for the summary that the one before it made: the longest that is kept, in most languages. */
const CARRIED_TOKENS = 2_500;

/** A process that drains waits so long for what lets go of its record. */
const DRAIN_MS_MAX = 1_000;

export interface SummariesDeps {
  store: Store;
  append: Append;
  clock: Clock;
  logger: Logger;
  counters: Counters;
  newId: NewId;
  processId: Id;
  estimates: Estimates;
  /** @throws AppError `unknown_model` */
  resolve: (model: string) => Promise<ContextLimits & { provider: Provider; model: string }>;
  /** The model that summarises for `model`. */
  cheap: (model: string) => Promise<string>;
  bill: (call: OtherCall) => Promise<void>;
  instructions: ForesightDeps["instructions"];
}

/** A summary that should be there. */
export interface Need {
  userId: Id;
  conversationId: Id;
  /** Of the answer that would use it. */
  model: string;
  /** From the root, with all that is to be summarised; more does no harm. */
  branch: readonly Message[];
  throughId: Id;
  /** Those of the conversation that can be read. */
  summaries: readonly ReadySummary[];
  /** Of the conversation, when the branch was read. */
  rewrittenAt?: number;
}

/** What is made: up to which message, of what. */
interface Task {
  throughId: Id;
  requests: Said[][];
  before: string | null;
  model: string;
  provider: Provider;
  /** The provider's own name of the model. */
  name: string;
  outputTokensMax: number;
}

/** A record that was taken, as it was written. */
interface Claim {
  making: MakingSummary;
  versionstamp: string;
}

export class Summaries {
  readonly #deps: SummariesDeps;
  /** By conversation and last message. */
  readonly #active = new Map<string, Promise<void>>();
  /** Looks at conversations in which an answer has just ended. */
  readonly #looking = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(deps: SummariesDeps) {
    this.#deps = deps;
  }

  /** Summaries being made here. */
  get size(): number {
    return this.#active.size;
  }

  /** Begins to make what is needed, unless it is being made or cannot be had now. Returns at once, and never throws. */
  need(need: Need): void {
    const key = `${need.conversationId} ${need.throughId}`;
    if (this.#stopped.signal.aborted || this.#active.has(key) || this.#active.size >= MAKING_MAX) return;
    const made = this.#make(need).catch((error) => {
      // The lease runs out, and whoever needs it next makes it.
      this.#deps.logger.log("error", "summary_crashed", { ...named(need), cause: causes(error) });
    }).finally(() => this.#active.delete(key));
    this.#active.set(key, made);
  }

  /** An answer has ended: begins to make what the next one will need. Returns at once, and never throws. */
  afterAnswer(answer: { userId: Id; conversationId: Id; messageId: Id }): void {
    if (this.#stopped.signal.aborted) return;
    const looked = foresee({ ...this.#deps, summarise: (need) => this.need(need) }, answer).catch((error) => {
      // The next message finds out as well.
      const { conversationId, messageId } = answer;
      this.#deps.logger.log("warn", "foresight_failed", { conversationId, messageId, cause: causes(error) });
    }).finally(() => this.#looking.delete(looked));
    this.#looking.add(looked);
  }

  /** Resolves when nothing is looked at and nothing is being made here. */
  async settled(): Promise<void> {
    while (this.#active.size + this.#looking.size > 0) {
      await Promise.all([...this.#active.values(), ...this.#looking]);
    }
  }

  /** Stops what is being made, and lets go of it, so that another process may make it at once. */
  async drain(): Promise<void> {
    this.#stopped.abort();
    const waited = new AbortController();
    await Promise.race([this.settled(), this.#deps.clock.sleep(DRAIN_MS_MAX, waited.signal)]);
    waited.abort();
  }

  async #make(need: Need): Promise<void> {
    const { store, clock, logger, counters } = this.#deps;
    // Most needs of one summary come while it is made, or after it could not be: nothing is prepared for those.
    const { value: found } = await store.get(summaryKey(need.conversationId, need.throughId));
    if (claimedSummary(found, "", 0, clock.now()) === null) return;
    const task = await this.#taskOf(need);
    if (task === null) return;
    const claim = await this.#claim(need.conversationId, task.throughId);
    if (claim === null) return;
    const stop = new AbortController();
    void clock.sleep(MAKE_MS_MAX, stop.signal).then(() =>
      stop.abort(new AppError("timeout_total", "The summary took too long."))
    );
    const signal = AbortSignal.any([stop.signal, this.#stopped.signal]);
    const ids = { ...named(need), throughId: task.throughId, model: task.model };
    try {
      const text = await this.#write(need, task, signal);
      const written = await this.#finish(need, task.throughId, text, claim);
      // It is not ours any more, or it is of old words, and is to be made of the new ones.
      if (!written) await this.#letGo(need.conversationId, task.throughId, claim, true);
      counters.add("throughline_summaries_made_total", 1);
      logger.log("info", "summary_made", {
        ...ids,
        requests: task.requests.length,
        chars: text.length,
        written,
      });
    } catch (error) {
      const drained = this.#stopped.signal.aborted;
      if (!drained) {
        counters.add("throughline_summaries_failed_total", 1);
        logger.log("warn", "summary_failed", { ...ids, tries: claim.making.tries, cause: causes(error) });
      }
      await this.#letGo(need.conversationId, task.throughId, claim, drained);
    } finally {
      stop.abort();
    }
  }

  /** What to make, and by which requests; null when there is nothing to say. */
  async #taskOf(need: Need): Promise<Task | null> {
    const { resolve, cheap, estimates } = this.#deps;
    const model = await cheap(need.model);
    const { provider, model: name, contextTokens, outputTokensMax, tokenFactor = 1 } = await resolve(model);
    const window = contextTokens ?? UNKNOWN_WINDOW;
    const output = Math.floor(Math.min(OUTPUT_TOKENS, outputTokensMax ?? Infinity, window / 4));
    const limits = { contextTokens: window, outputTokensMax, wantedOutputTokens: output };
    const tokensMax = Math.min(REQUEST_TOKENS_MAX, budget(limits, false).promptTokensMax) / tokenFactor;

    const through = need.branch.findIndex(({ id }) => id === need.throughId);
    const before = newestBefore(need, through);
    const messages = need.branch.slice(before.end, through + 1);
    const said = messages.map((message): Said & { id: Id } => ({
      id: message.id,
      role: message.role,
      text: textOf(message),
      tokens: isTerminal(message.status) ? estimates.of(message) : 0,
    })).filter(({ tokens }) => tokens > 0);
    const carried = Math.max(
      Math.min(CARRIED_TOKENS, output),
      before.text === null ? 0 : textTokens(before.text),
    );
    const requests = requestsOf(said, tokensMax, carried);
    // Of more than can be summarised at once, the first part is made, to the end of a turn: the next need goes on there.
    const count = requests.reduce((sum, { length }) => sum + length, 0);
    const whole = count === said.length;
    const end = whole ? count : said.findLastIndex(({ role }, at) => at < count && role === "assistant") + 1;
    if (end === 0) return null;
    return {
      throughId: whole ? need.throughId : said[end - 1]!.id,
      requests: whole ? requests : requestsOf(said.slice(0, end), tokensMax, carried),
      before: before.text,
      model,
      provider,
      name,
      outputTokensMax: output,
    };
  }

  /** Takes the record (Y1); null when somebody else has it, or it cannot be had now. */
  async #claim(conversationId: Id, throughId: Id): Promise<Claim | null> {
    const { store, clock, processId } = this.#deps;
    const key = summaryKey(conversationId, throughId);
    const { value, versionstamp } = await store.get(key);
    const making = claimedSummary(value, processId, LEASE_MS, clock.now());
    if (making === null) return null;
    const claimed = await store.commit({ checks: [{ key, versionstamp }], writes: [set(key, making)] });
    return claimed === null ? null : { making, versionstamp: claimed };
  }

  /** The summary's text: each request has the summary that the one before it made. */
  async #write(need: Need, task: Task, signal: AbortSignal): Promise<string> {
    let text = task.before;
    for (const said of task.requests) {
      text = await this.#ask(need, task, transcript(text, said), signal);
      if (text === "") throw new AppError("provider_empty", "The model gave no summary.");
    }
    return text ?? "";
  }

  async #ask(need: Need, task: Task, words: string, signal: AbortSignal): Promise<string> {
    const { clock } = this.#deps;
    const { model, provider, name, outputTokensMax } = task;
    let text = "";
    let usage: Usage | undefined;
    let outcome: Bill["outcome"] = "failed";
    try {
      signal.throwIfAborted();
      const request = {
        model: name,
        systemPrompt: SUMMARISE,
        turns: [{ role: "user" as const, text: words }],
        outputTokensMax,
      };
      for await (const delta of provider.stream(request, signal)) {
        if (delta.type === "text" && text.length < SUMMARY_CHARS_MAX) text += delta.text;
        else if (delta.type === "usage") usage = delta.usage;
        else if (delta.type === "end") {
          outcome = "complete";
          break;
        }
      }
      if (outcome !== "complete") throw new AppError("provider_truncated", "The summary was cut off.");
      return text.trim().slice(0, SUMMARY_CHARS_MAX).toWellFormed();
    } finally {
      if (usage !== undefined) {
        if (signal.aborted) outcome = "cancelled";
        await this.#bill(need, task, { model, usage, outcome, at: clock.now() });
      }
    }
  }

  /** A summary that cannot be billed is made all the same. */
  async #bill(
    { userId, conversationId }: Need,
    { throughId }: Task,
    bill: Bill,
  ): Promise<void> {
    const { newId, logger } = this.#deps;
    try {
      await this.#deps.bill({
        id: newId(),
        userId,
        conversationId,
        messageId: throughId,
        kind: "summary",
        bill,
      });
    } catch (error) {
      logger.log("error", "summary_unbilled", {
        conversationId,
        throughId,
        ...bill.usage,
        cause: causes(error),
      });
    }
  }

  /** The commit that makes it ready, and tells it. False when it is not ours any more (Y2), nobody's, or of old words (Y4). */
  async #finish(need: Need, throughId: Id, text: string, claim: Claim): Promise<boolean> {
    const { append, clock, store } = this.#deps;
    const { conversationId } = need;
    const summary: Summary = { throughId, text, by: "model", createdAt: clock.now() };
    const appended = await append(async () => {
      const record = await store.get(conversationKey(conversationId));
      const taken = await store.get(summaryKey(conversationId, throughId));
      if (record.value === null || record.value.deletedAt !== null) return null;
      if (record.value.conversation.rewrittenAt !== need.rewrittenAt) return null;
      if (taken.versionstamp !== claim.versionstamp) return null;
      return readyPlan(conversationId, summary, [
        { key: conversationKey(conversationId), versionstamp: record.versionstamp },
        { key: summaryKey(conversationId, throughId), versionstamp: taken.versionstamp },
      ]);
    });
    return appended !== null;
  }

  /** Says that it was not made; or, of a process that drains, that it was not tried. */
  async #letGo(conversationId: Id, throughId: Id, claim: Claim, drained: boolean): Promise<void> {
    const { store, clock } = this.#deps;
    const key = summaryKey(conversationId, throughId);
    const { making, versionstamp } = claim;
    const now = clock.now();
    const write = !drained
      ? set(key, failedSummary(making, now))
      : making.tries === 1
      ? remove(key)
      : set(key, { state: "failed", retryAt: now, tries: making.tries - 1 });
    await store.commit({ checks: [{ key, versionstamp }], writes: [write] });
  }
}

/** Where the newest summary before the place of `through` ends, and what it says (Y3). */
function newestBefore({ branch, summaries }: Need, through: number): { end: number; text: string | null } {
  const byId = new Map(summaries.map(({ summary }) => [summary.throughId, summary]));
  let newest: { end: number; text: string | null } = { end: 0, text: null };
  let correctedAt = -Infinity;
  for (const [at, { id }] of branch.slice(0, through).entries()) {
    const summary = byId.get(id);
    // What a model made before a person corrected an earlier one does not know of that.
    if (summary === undefined || (summary.by === "model" && summary.createdAt < correctedAt)) continue;
    newest = { end: at + 1, text: summary.text };
    if (summary.by === "person") correctedAt = Math.max(correctedAt, summary.createdAt);
  }
  return newest;
}

function named(
  { userId, conversationId, throughId }: Need,
): { userId: Id; conversationId: Id; throughId: Id } {
  return { userId, conversationId, throughId };
}
