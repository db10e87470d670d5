// Processes that share one KV: each with its own bus, lease and runner, and all of them with one scripted model.
import { Hub } from "@/lib/bus/hub.ts";
import { Log } from "@/lib/bus/log.ts";
import { Watcher } from "@/lib/bus/watcher.ts";
import { Conversations } from "@/lib/chat/conversations.ts";
import { readMessage } from "@/lib/chat/messages.ts";
import { Prompts } from "@/lib/chat/prompts.ts";
import type { Variant } from "@/lib/chat/variants.ts";
import { Trash } from "@/lib/chat/trash.ts";
import { readSnapshot } from "@/lib/chat/snapshot.ts";
import { editSummary } from "@/lib/context/edit.ts";
import { Estimates } from "@/lib/context/estimate.ts";
import { contextUse } from "@/lib/context/meter.ts";
import { Summaries } from "@/lib/context/summaries.ts";
import { AppError } from "@/lib/core/errors.ts";
import { type Id, randomId } from "@/lib/core/ids.ts";
import { systemClock } from "@/lib/core/time.ts";
import { charge } from "@/lib/generate/charge.ts";
import { continueAnswer } from "@/lib/generate/continue.ts";
import { cancel } from "@/lib/generate/cancel.ts";
import type { GenerateDeps } from "@/lib/generate/generate.ts";
import { editQueued, removeQueued, sendNow } from "@/lib/generate/queue.ts";
import { regenerate } from "@/lib/generate/regenerate.ts";
import { Titles } from "@/lib/generate/titles.ts";
import { Runner } from "@/lib/generate/runner.ts";
import { send, type SendDeps } from "@/lib/generate/send.ts";
import { takeOver } from "@/lib/generate/takeover.ts";
import type { Job, RunningJob } from "@/lib/jobs/job.ts";
import { Breakers } from "@/lib/models/breakers.ts";
import { SideJobs } from "@/lib/jobs/side_job.ts";
import { Sweep } from "@/lib/jobs/sweep.ts";
import { conversationTopic, generationKey, headKey } from "@/lib/kv/keys.ts";
import type { ContextUse, SendMessage } from "@/lib/protocol/api.ts";
import type { Snapshot, StreamEvent } from "@/lib/protocol/event.ts";
import { isTerminal, type Message, type Usage } from "@/lib/protocol/message.ts";
import type { OtherCall } from "@/lib/usage/ledger.ts";
import type { Pricing } from "@/lib/usage/bill.ts";
import type { Summary } from "@/lib/protocol/summary.ts";
import { type ConversationState, reduce } from "@/lib/protocol/reduce.ts";
import { Lines } from "./bus.ts";
import { FakeClock } from "./clock.ts";
import { FaultyStore } from "./faulty_store.ts";
import { ScriptedProvider } from "./scripted_provider.ts";

export const LEASE_MS = 10_000;

/** What all processes share: the store, the time, the model, the person. */
export class World implements AsyncDisposable {
  readonly kv: Deno.Kv;
  readonly clock = new FakeClock();
  readonly provider = new ScriptedProvider();
  /** Providers of models that have one of their own. */
  readonly providers = new Map<string, ScriptedProvider>();
  /** Models that stand in for others. */
  fallbacks: string[] = [];
  readonly userId = randomId();
  /** What models cost here. */
  costMicroUsd: Pricing = (_, { outputTokens }) => outputTokens * 3;
  /** Whether conversations are given titles: a further call of the provider. */
  titles = false;
  /** System prompts that are tried against each other. */
  variants: Variant[] = [];
  /** Windows of models, and their longest answers; of others neither is known. */
  readonly limits = new Map<string, { contextTokens: number | null; outputTokensMax: number | null }>();
  /** The model that summarises and names for another. */
  cheap = (model: string) => model;
  /** What summaries used. */
  readonly summaryBills: OtherCall[] = [];
  readonly processes: Process[] = [];

  private constructor(kv: Deno.Kv) {
    this.kv = kv;
  }

  static async open(): Promise<World> {
    return new World(await Deno.openKv(":memory:"));
  }

  process(options: { flushMs?: number } = {}): Process {
    const process = new Process(this, options.flushMs ?? 0);
    this.processes.push(process);
    return process;
  }

  async job(id: Id): Promise<Job | null> {
    return (await this.kv.get<Job>(generationKey(id))).value;
  }

  /** Ends what still runs, and closes KV. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.processes) {
      if (process.dead) continue;
      await Promise.all([process.runner.drain(), process.summaries.drain(), process.sideJobs.drain()]);
    }
    this.kv.close();
  }
}

/** One process of the program, without HTTP and without its timers. */
export class Process {
  readonly world: World;
  readonly id = randomId();
  readonly store: FaultyStore;
  readonly logger = new Lines();
  readonly log: Log;
  readonly hub: Hub;
  readonly watcher: Watcher;
  readonly conversations: Conversations;
  readonly trash: Trash;
  readonly runner: Runner;
  readonly summaries: Summaries;
  readonly sideJobs: SideJobs;
  readonly titles: Titles;
  readonly sweep: Sweep;
  /** Models that cannot be used; others are the scripted one. */
  readonly unknownModels = new Set<string>();
  dead = false;
  readonly #sending: SendDeps;
  readonly #generating: GenerateDeps;
  readonly #instructions: Prompts["preview"];
  readonly #attempts = new Map<Id, PromiseWithResolvers<void>>();
  #nudges = 0;

  constructor(world: World, flushMs: number) {
    this.world = world;
    const { kv, clock, provider } = world;
    const store = this.store = new FaultyStore(kv);
    const { logger } = this;
    const counters = store.metrics;
    const owner = { processId: this.id, leaseMs: LEASE_MS };
    const watcher = this.watcher = new Watcher({ store, clock, logger, pollMs: 1_000 });
    const writing = watcher.writing.bind(watcher);
    // The log's pauses between tries are real, and a millisecond long: a test that moves time need not know of them.
    const log = this.log = new Log({ store, clock: systemClock, random: () => 0, counters, writing });
    const append = log.append.bind(log);
    this.hub = new Hub({ log, watch: watcher, logger, counters });
    const conversations = this.conversations = new Conversations({ store, append, clock, newId: randomId });
    this.trash = new Trash({ store, clock, conversations });
    const usable = (model: string) => {
      if (this.unknownModels.has(model)) throw new AppError("unknown_model", `No "${model}".`);
    };
    const estimates = new Estimates();
    const resolve: GenerateDeps["resolve"] = (model) => {
      usable(model);
      const limits = world.limits.get(model) ?? { contextTokens: null, outputTokensMax: null };
      return Promise.resolve({ provider: world.providers.get(model) ?? provider, model: "model", ...limits });
    };
    const prompts = () => new Prompts({ store, append, variants: world.variants });
    this.#instructions = (userId, conversation) => prompts().preview(userId, conversation);
    const summaries = this.summaries = new Summaries({
      store,
      append,
      clock,
      logger,
      counters,
      newId: randomId,
      processId: this.id,
      estimates,
      resolve,
      cheap: (model) => Promise.resolve(world.cheap(model)),
      bill: async (call) => {
        world.summaryBills.push(call);
        await this.charge(call);
      },
      instructions: this.#instructions,
    });
    const sideJobs = this.sideJobs = new SideJobs({
      store,
      clock,
      logger,
      processId: this.id,
      counters,
      atOnceMax: 16,
    });
    const titles = this.titles = new Titles({
      store,
      append,
      clock,
      logger,
      counters,
      newId: randomId,
      sideJobs,
      resolve,
      cheap: (model) => Promise.resolve(world.cheap(model)),
      bill: (call) => this.charge(call),
    });
    const generating = this.#generating = {
      store,
      append,
      clock,
      logger,
      counters,
      owner,
      flushMs,
      watch: watcher.watch.bind(watcher),
      resolve,
      random: () => 0.5,
      breakers: new Breakers({ store, clock, logger }),
      fallbacks: () => Promise.resolve(world.fallbacks),
      estimates,
      instructionsFor: (userId, conversation) => prompts().instructionsFor(userId, conversation),
      accepted: (params) => params,
      summarise: summaries.need.bind(summaries),
      afterwards: ({ id, userId, conversationId, messageId, model }) => {
        summaries.afterAnswer({ userId, conversationId, messageId });
        if (world.titles) titles.afterAnswer({ conversationId, model });
        this.#attempt(id).resolve();
      },
      costMicroUsd: (model: string, usage: Usage) => world.costMicroUsd(model, usage),
    } satisfies GenerateDeps;
    const runner = this.runner = new Runner(generating);
    const start = runner.start.bind(runner);
    this.sweep = new Sweep({
      store,
      clock,
      logger,
      everyMs: 2_000,
      rescue: async (job) => {
        if (!runner.goesOn(job, clock.now())) await this.takeOver(job);
      },
    });
    this.#sending = {
      store,
      append,
      clock,
      newId: randomId,
      owner,
      conversations,
      resolveModel: (id) => {
        usable(id);
        return Promise.resolve(id);
      },
      start,
    };
  }

  get #queueing() {
    return { ...this.#sending, nudge: () => void this.#nudges++ };
  }

  /** What changes of what was said need. */
  get rewriting() {
    const { store, conversations, world: { clock } } = this;
    return { store, append: this.log.append.bind(this.log), clock, conversations, newId: randomId };
  }

  get nudges(): number {
    return this.#nudges;
  }

  takeOver(job: RunningJob): Promise<void> {
    const { store, logger, log, conversations, runner, world: { clock } } = this;
    const append = log.append.bind(log);
    const owner = { processId: this.id, leaseMs: LEASE_MS };
    const start = runner.start.bind(runner);
    const snapshot = ({ conversationId }: RunningJob) =>
      readSnapshot(
        { store, log, readConversation: () => conversations.readAny(conversationId) },
        conversationId,
      );
    const { resolve } = this.#generating;
    return takeOver(
      { store, append, clock, logger, counters: store.metrics, owner, snapshot, resolve, start },
      job,
    );
  }

  async create(): Promise<Id> {
    return (await this.conversations.create(this.world.userId, { model: "demo/tour" })).id;
  }

  send(conversationId: Id, sending: SendMessage | string) {
    const wanted = typeof sending === "string" ? { text: sending } : sending;
    return send(this.#sending, this.world.userId, conversationId, wanted, "request");
  }

  edit(conversationId: Id, messageId: Id, text: string): Promise<Message> {
    return editQueued(this.#queueing, this.world.userId, conversationId, messageId, text);
  }

  remove(conversationId: Id, messageId: Id): Promise<void> {
    return removeQueued(this.#queueing, this.world.userId, conversationId, messageId);
  }

  /** Lets a queued message go before all others. */
  now(conversationId: Id, messageId: Id): Promise<Id> {
    return sendNow(this.#queueing, this.world.userId, conversationId, messageId);
  }

  regenerate(conversationId: Id, messageId: Id, model?: string, id?: Id) {
    const wanted = {
      messageId,
      ...(model === undefined ? {} : { model }),
      ...(id === undefined ? {} : { id }),
    };
    return regenerate(this.#sending, this.world.userId, conversationId, wanted, "request");
  }

  /** Has an answer go on. */
  goOn(conversationId: Id, messageId: Id, id?: Id) {
    const { resolve } = this.#generating;
    const deps = { ...this.#sending, resolve, start: this.runner.start.bind(this.runner) };
    const wanted = { messageId, ...(id === undefined ? {} : { id }) };
    return continueAnswer(deps, this.world.userId, conversationId, wanted, "request");
  }

  cancel(generationId: Id, userId = this.world.userId): Promise<void> {
    const { store, log, conversations, world: { clock } } = this;
    const nudge = () => void this.#nudges++;
    return cancel({ store, append: log.append.bind(log), clock, conversations, nudge }, userId, generationId);
  }

  /** Enters a call that was for no answer. */
  charge(call: OtherCall): Promise<void> {
    const { store, log, world: { costMicroUsd } } = this;
    return charge({ store, append: log.append.bind(log), costMicroUsd }, call);
  }

  /** What a follower is given that has no cursor. */
  snapshot(conversationId: Id): Promise<Snapshot> {
    const { store, log, conversations } = this;
    return readSnapshot(
      { store, log, readConversation: () => conversations.readAny(conversationId) },
      conversationId,
    );
  }

  /** A person's own words for all messages up to one. */
  editSummary(conversationId: Id, throughId: Id, text: string, userId = this.world.userId): Promise<Summary> {
    const { store, log, conversations, world: { clock } } = this;
    const deps = { store, append: log.append.bind(log), clock, conversations };
    return editSummary(deps, userId, conversationId, throughId, text);
  }

  /** How full the window of the conversation's model is, or of another. */
  contextUse(conversationId: Id, model?: string): Promise<ContextUse> {
    const deps = {
      ...this.#generating,
      conversations: this.conversations,
      instructions: this.#instructions,
    };
    return contextUse(deps, this.world.userId, conversationId, model);
  }

  /** What a follower from the beginning holds now. */
  async state(conversationId: Id): Promise<ConversationState> {
    const entries = await this.log.after(conversationTopic(conversationId), 0) ?? [];
    const { conversation } = await this.conversations.readAny(conversationId);
    const empty: StreamEvent = { type: "snapshot", data: { conversation, messages: [], cursor: 0 } };
    return entries.reduce(
      (state, { seq, type, json }) =>
        reduce(state, { type, data: JSON.parse(json), id: seq } as StreamEvent)!,
      reduce(null, empty)!,
    );
  }

  /** The state of a conversation as soon as it is as wanted. */
  async until(
    conversationId: Id,
    wanted: (state: ConversationState) => boolean,
  ): Promise<ConversationState> {
    const heads = this.world.kv.watch([headKey(conversationTopic(conversationId))]).getReader();
    try {
      for (;;) {
        await heads.read();
        const state = await this.state(conversationId);
        if (wanted(state)) return state;
      }
    } finally {
      await heads.cancel();
    }
  }

  /** Resolves when an attempt of the job has ended here, with whatever followed it. Unlike `ended` it reads nothing. */
  done(generationId: Id): Promise<void> {
    return this.#attempt(generationId).promise;
  }

  #attempt(generationId: Id): PromiseWithResolvers<void> {
    const attempt = this.#attempts.get(generationId) ?? Promise.withResolvers<void>();
    this.#attempts.set(generationId, attempt);
    return attempt;
  }

  /** A message once it has ended; its record says what the log says. */
  async ended(conversationId: Id, messageId: Id): Promise<Message> {
    const state = await this.until(
      conversationId,
      ({ messages }) => messages.some(({ id, status }) => id === messageId && isTerminal(status)),
    );
    const message = state.messages.find(({ id }) => id === messageId)!;
    const record = await readMessage(this.store, conversationId, messageId);
    if (JSON.stringify(record?.message) !== JSON.stringify(message)) {
      throw new Error(`The record and the log differ: ${JSON.stringify([record, message]).slice(0, 2_000)}`);
    }
    return message;
  }

  /** Dies at once, as by SIGKILL: nothing it does reaches the store any more. */
  kill(): void {
    this.dead = true;
    this.store.onCommit = () => new Promise(() => {});
  }
}

/** Lets time pass until `done` is settled. */
export async function passing<T>(world: World, done: Promise<T>): Promise<T> {
  let settled = false;
  const watched = done.finally(() => settled = true);
  watched.catch(() => {}); // whoever awaits what is returned hears of it
  for (let ms = 0; !settled && ms < 600_000; ms += 250) await world.clock.advance(250);
  return await watched;
}
