// The composition root: the only file that knows everyone. Folders of one level meet here, as functions passed in.
import { App, staticFiles } from "fresh";
import type { Config } from "./config.ts";
import { Sessions } from "./auth/sessions.ts";
import { Follower } from "./bus/follow.ts";
import { Hub } from "./bus/hub.ts";
import { Log } from "./bus/log.ts";
import { Watcher } from "./bus/watcher.ts";
import { Conversations } from "./chat/conversations.ts";
import { fork } from "./chat/forks.ts";
import { patchPreferences, readPreferences } from "./chat/preferences.ts";
import { exported } from "./chat/export.ts";
import { Prompts } from "./chat/prompts.ts";
import { rate } from "./chat/ratings.ts";
import { clearConversation, removeMessage, restoreMessage } from "./chat/removals.ts";
import { bulk } from "./chat/bulk.ts";
import { Search } from "./chat/search/search.ts";
import { Trash } from "./chat/trash.ts";
import { removeAll } from "./chat/remove_all.ts";
import { readSnapshot } from "./chat/snapshot.ts";
import { lastOf, pageBefore, pageThrough } from "./chat/window.ts";
import { editSummary } from "./context/edit.ts";
import { Estimates } from "./context/estimate.ts";
import { contextUse } from "./context/meter.ts";
import { Summaries } from "./context/summaries.ts";
import { AppError, causes } from "./core/errors.ts";
import { type Id, type NewId, randomId } from "./core/ids.ts";
import { Shared } from "./core/shared.ts";
import { type Clock, systemClock } from "./core/time.ts";
import { cancel, viewJob } from "./generate/cancel.ts";
import { charge } from "./generate/charge.ts";
import { continueAnswer } from "./generate/continue.ts";
import type { GenerateDeps } from "./generate/generate.ts";
import { editMessage } from "./generate/edit.ts";
import { removeQueued, sendNow } from "./generate/queue.ts";
import { regenerate } from "./generate/regenerate.ts";
import { Titles } from "./generate/titles.ts";
import { Runner } from "./generate/runner.ts";
import { send, type SendDeps } from "./generate/send.ts";
import { takeOver } from "./generate/takeover.ts";
import {
  answerErrors,
  checkPath,
  contentPolicy,
  type ErrorView,
  identify,
  outermost,
  provide,
} from "./http/middleware.ts";
import { compressed } from "./http/compressed.ts";
import type { EncodedSnapshot, Services, State } from "./http/state.ts";
import { Streams } from "./http/streams.ts";
import { probeKey, type TopicId, userTopic } from "./kv/keys.ts";
import { Pulse } from "./kv/pulse.ts";
import { type InTurn, Store } from "./kv/store.ts";
import type { RunningJob } from "./jobs/job.ts";
import { SideJobs } from "./jobs/side_job.ts";
import { Sweep } from "./jobs/sweep.ts";
import { accepted } from "./models/accepted.ts";
import { Breakers } from "./models/breakers.ts";
import { type Models, models } from "./models/registry.ts";
import type { Logger } from "./observe/log.ts";
import { healthOf } from "./observe/health.ts";
import { Metrics } from "./observe/metrics.ts";
import type { Conversation } from "./protocol/conversation.ts";
import { UNKNOWN_ABILITIES } from "./protocol/model.ts";
import type { PageState } from "./protocol/api.ts";
import type { Snapshot } from "./protocol/event.ts";
import { everyDay, periodOf, report } from "./usage/report.ts";

/** Streams close within this after `bye: drain`; then the process exits whatever they do. */
const DRAIN_STREAMS_MS = 1_000;
/** Deleted conversations are looked for once an hour. */
const PURGE_EVERY_MS = 60 * 60 * 1000;
/** Titles that one process makes at once. */
const SIDE_JOBS_MAX = 16;

/** What the program is made of, from outside. Tests give their own. */
export interface Parts {
  config: Config;
  kv: Deno.Kv;
  logger: Logger;
  clock?: Clock;
  random?: () => number;
  newId?: NewId;
  fetch?: typeof globalThis.fetch;
  /** Of the programs of this process that share a file; absent where there is one. */
  inTurn?: InTurn;
  /** In place of those of the configuration. */
  models?: Models;
}

/** The program without HTTP. */
export interface Program {
  services: Services;
  sweep: Sweep;
  runner: Runner;
  /** Begins to look for jobs that others left, and to purge. */
  start(): void;
  /**
   * Flushes, hands leases back, tells followers, closes KV. Under 5 s, whatever the store does (DESIGN 4). `last` is done
   * before KV closes: requests that are being answered need it.
   */
  drain(last?: () => Promise<void>): Promise<void>;
}

export function program(parts: Parts): Program {
  const { config, kv, logger, clock = systemClock, random = Math.random, newId = randomId } = parts;
  const metrics = new Metrics({ variants: config.variants.map(({ name }) => name) });
  const processId = newId();
  const pulse = config.sharedFile ? new Pulse(config.workersOf ?? processId) : null;
  const store = new Store(kv, metrics, clock, {
    ...(pulse === null ? {} : { pulse }),
    ...(parts.inTurn === undefined ? {} : { inTurn: parts.inTurn }),
  });
  const watcher = new Watcher({
    store,
    clock,
    logger,
    pollMs: config.pollMs,
    ...(pulse === null ? {} : { pulse: { beaten: () => pulse.beaten(store) } }),
  });
  const log = new Log({ store, clock, random, counters: metrics, writing: watcher.writing.bind(watcher) });
  const append = log.append.bind(log);
  const hub = new Hub({ log, watch: watcher, logger, counters: metrics });
  const conversations = new Conversations({ store, append, clock, newId });
  const trash = new Trash({ store, clock, conversations });
  const prompts = new Prompts({ store, append, variants: config.variants });
  const search = new Search({ store, log, clock, bytesMax: config.searchBytesMax });
  const sessions = new Sessions({ store, clock, newId });
  const streams = new Streams({
    streamsMax: config.streamsMax,
    clock,
    random,
    logger,
    counters: metrics,
  });
  const owner = { processId, leaseMs: config.leaseMs };
  const known = parts.models ?? models(config.models, {
    clock,
    report: (problem) => logger.log("warn", "models_incomplete", { problem }),
    ...(parts.fetch === undefined ? {} : { fetch: parts.fetch }),
  });
  const breakers = new Breakers({ store, clock, logger });
  const estimates = new Estimates();
  const instructions = prompts.preview.bind(prompts);
  const summaries = new Summaries({
    store,
    append,
    clock,
    logger,
    counters: metrics,
    newId,
    processId,
    estimates,
    resolve: known.resolve,
    cheap: (model) => known.cheap(model),
    bill: (call) => charge({ store, append, costMicroUsd: known.costMicroUsd }, call),
    instructions,
  });
  const sideJobs = new SideJobs({
    store,
    clock,
    logger,
    processId,
    counters: metrics,
    atOnceMax: SIDE_JOBS_MAX,
  });
  const titles = !config.titles ? null : new Titles({
    store,
    append,
    clock,
    logger,
    counters: metrics,
    newId,
    sideJobs,
    resolve: known.resolve,
    cheap: (model) => known.cheap(model),
    bill: (call) => charge({ store, append, costMicroUsd: known.costMicroUsd }, call),
  });
  const generating: GenerateDeps = {
    store,
    append,
    clock,
    logger,
    counters: metrics,
    owner,
    flushMs: config.flushMs,
    watch: watcher.watch.bind(watcher),
    resolve: known.resolve,
    random,
    breakers,
    fallbacks: async () => (await known.all()).fallbacks,
    estimates,
    instructionsFor: prompts.instructionsFor.bind(prompts),
    accepted: (params, { abilities, outputTokensMax }) =>
      accepted(params, abilities ?? UNKNOWN_ABILITIES, outputTokensMax),
    summarise: summaries.need.bind(summaries),
    afterwards: (job) => {
      const { userId, conversationId, messageId } = job;
      summaries.afterAnswer({ userId, conversationId, messageId });
      titles?.afterAnswer(job);
    },
    costMicroUsd: known.costMicroUsd,
  };
  const runner = new Runner(generating);
  const start = runner.start.bind(runner);

  const snapshot = async (userId: Id, id: Id, last?: number): Promise<Snapshot> => {
    const readConversation = () => conversations.read(userId, id);
    const whole = await readSnapshot({ store, log, readConversation }, id);
    return last === undefined ? whole : lastOf(whole, last);
  };
  const jobSnapshot = ({ conversationId }: RunningJob): Promise<Snapshot> =>
    readSnapshot(
      { store, log, readConversation: () => conversations.readAny(conversationId) },
      conversationId,
    );
  const sweep = new Sweep({
    store,
    clock,
    logger,
    // A takeover comes within LEASE_MS + 5 s (P4), and that of a lease handed back within 2 s.
    everyMs: Math.min(1_000, config.leaseMs / 2),
    own: () => runner.ids(),
    rescue: async (job) => {
      if (runner.goesOn(job, clock.now())) return;
      await takeOver(
        {
          store,
          append,
          clock,
          logger,
          counters: metrics,
          owner,
          snapshot: jobSnapshot,
          resolve: known.resolve,
          start,
        },
        job,
      );
    },
  });
  const nudge = () => void sweep.run();
  const sending: SendDeps = {
    store,
    append,
    clock,
    newId,
    owner,
    conversations,
    resolveModel: async (id) => {
      await known.resolve(id);
      return id;
    },
    start,
  };
  const queueing = { ...sending, nudge };
  /** Whoever meets a conversation that is being written looks after its owner. */
  const attend = (conversation: Conversation) => {
    if (conversation.running !== null) void sweep.look(conversation.running);
    titles?.attend(conversation);
  };
  const stopped = new AbortController();

  /** The first page of a user's list; entries after the cursor repeat or follow it. */
  const userSnapshot = async (userId: Id) => {
    const { value: head } = await log.head(userTopic(userId));
    const [page, pinned, preferences] = await Promise.all([
      conversations.page(userId),
      conversations.pinned(userId),
      readPreferences(store, userId),
    ]);
    return { ...page, pinned, preferences, cursor: head?.seq ?? 0 };
  };
  const encodedSnapshot = async (
    userId: Id,
    topic: TopicId,
    last: number | undefined,
  ): Promise<{ cursor: number; snapshot: EncodedSnapshot } | null> => {
    if (topic === userTopic(userId)) {
      const { nextCursor: _, ...state } = await userSnapshot(userId);
      return { cursor: state.cursor, snapshot: { type: "user_snapshot", json: JSON.stringify(state) } };
    }
    try {
      const state = await snapshot(userId, topic.slice(2), last);
      attend(state.conversation);
      return { cursor: state.cursor, snapshot: { type: "snapshot", json: JSON.stringify(state) } };
    } catch (error) {
      if (error instanceof AppError && error.code === "not_found") return null;
      throw error;
    }
  };

  /** A hundred followers who lost their connection come back at once, and each wants the same. */
  const snapshots = new Shared<Awaited<ReturnType<typeof encodedSnapshot>>>();
  const sharedSnapshot = (userId: Id, topic: TopicId, last: number | undefined) =>
    snapshots.get(`${userId} ${topic} ${last ?? "all"}`, () => encodedSnapshot(userId, topic, last));

  const services: Services = {
    conversations,
    trash,
    sessions,
    models: known,
    streams,
    logger,
    metrics,
    snapshot,
    attend,
    async messages(userId, id, where, limit) {
      const whole = await snapshot(userId, id);
      const page = "before" in where
        ? pageBefore(whole, where.before, limit)
        : pageThrough(whole, where.through, limit);
      if (page === null) throw new AppError("not_found", "There is no such message in this conversation.");
      return page;
    },
    follow: (userId, from, wake, last) =>
      new Follower({ hub, log, snapshot: (topic) => sharedSnapshot(userId, topic, last) }, from, wake),
    send: (userId, id, wanted, requestId) => send(sending, userId, id, wanted, requestId),
    regenerate: (userId, id, wanted, requestId) => regenerate(sending, userId, id, wanted, requestId),
    continueAnswer: (userId, id, wanted, requestId) =>
      continueAnswer({ ...sending, resolve: known.resolve, start }, userId, id, wanted, requestId),
    editMessage: (userId, id, messageId, text) => editMessage(queueing, userId, id, messageId, text),
    removeQueued: (userId, id, messageId) => removeQueued(queueing, userId, id, messageId),
    sendNow: (userId, id, messageId) => sendNow(queueing, userId, id, messageId),
    removeMessage: (userId, id, messageId) => removeMessage(sending, userId, id, messageId),
    restoreMessage: (userId, id, messageId) => restoreMessage(sending, userId, id, messageId),
    clear: (userId, id) => clearConversation(sending, userId, id),
    fork: (userId, id, wanted) => fork(sending, userId, id, wanted),
    editSummary: (userId, id, throughId, text) =>
      editSummary({ store, append, clock, conversations }, userId, id, throughId, text),
    contextUse: (userId, id, model) =>
      contextUse(
        { store, estimates, conversations, resolve: known.resolve, instructions },
        userId,
        id,
        model,
      ),
    bulk: (userId, wanted) => bulk(conversations, userId, wanted),
    removeAll: (userId) => removeAll(store, conversations, userId),
    exported: (userId) =>
      exported(
        {
          store,
          preferences: (id) => readPreferences(store, id),
          usage: (id) => everyDay(store, id, clock.now()),
          snapshot: (owner, id, options) =>
            readSnapshot({ store, log, readConversation: () => conversations.read(owner, id, options) }, id),
        },
        userId,
        clock.now(),
      ),
    search: (userId, q, cursor) => search.page(userId, q, cursor),
    cancel: (userId, id) => cancel({ store, append, clock, conversations, nudge }, userId, id),
    generation: (userId, id) => viewJob(store, userId, id),
    rate: (userId, id, messageId, wanted) =>
      rate({ store, append, conversations }, userId, id, messageId, wanted),
    async prompt(userId, id, promptId) {
      await conversations.read(userId, id);
      return { text: await prompts.read(id, promptId) };
    },
    preferences: (userId) => readPreferences(store, userId),
    patchPreferences: (userId, wanted) => patchPreferences({ store, append }, userId, wanted),
    usage: (userId, wanted) => report(store, userId, periodOf(wanted, clock.now())),
    async page(userId, id, last): Promise<PageState> {
      const [state, list, models] = await Promise.all([
        id === null ? null : snapshot(userId, id, last),
        userSnapshot(userId),
        known.all(),
      ]);
      const { conversations, pinned, preferences, cursor, nextCursor } = list;
      const { starters } = config;
      return {
        person: userId,
        snapshot: state,
        list: { conversations, pinned, cursor },
        nextCursor,
        models,
        preferences,
        starters,
      };
    },
    health: healthOf(() => breakers.open(), clock),
    async ready() {
      if (stopped.signal.aborted) {
        throw new AppError("draining", "This process is about to exit. Try another.");
      }
      try {
        await store.get(probeKey());
      } catch (error) {
        throw new AppError("busy", "The store does not answer.", { cause: error });
      }
    },
  };

  const purge = async () => {
    while (!stopped.signal.aborted) {
      try {
        const purged = await trash.purge();
        if (purged > 0) logger.log("info", "purged", { conversations: purged });
      } catch (error) {
        logger.log("error", "purge_failed", { cause: causes(error) });
      }
      await clock.sleep(PURGE_EVERY_MS, stopped.signal);
    }
  };

  return {
    services,
    sweep,
    runner,
    start() {
      void store.probe();
      sweep.start();
      void purge();
    },
    async drain(last) {
      stopped.abort();
      logger.log("info", "draining", { generations: runner.size, streams: streams.size });
      // Jobs first: what they flush is still shown to those who follow here.
      await Promise.all([sweep.stop(), runner.drain(), summaries.drain(), sideJobs.drain()]);
      // A sweep that was under way may have begun a job after that.
      await runner.drain();
      await streams.drain(DRAIN_STREAMS_MS);
      await last?.();
      kv.close();
    },
  };
}

/** The app around the program. `errorView` is the page that tells a person what went wrong. */
export function buildApp(
  { services }: Program,
  options: ConstructorParameters<typeof App<State>>[0],
  errorView: ErrorView,
) {
  return new App<State>(options)
    .use(provide(services))
    .use(outermost)
    .use(compressed())
    .use(contentPolicy)
    .use(answerErrors(errorView))
    .use(identify)
    .use(checkPath)
    .use(staticFiles())
    .fsRoutes();
}
