// The checker's own reading of the jobs: who may write what, and when.
//   One process owns a running job. Another gets it by a claim that raises the epoch by one, after the lease ran out.
//   Nothing leaves the end, and whatever an answer is given comes from the owner of its job.
import type { Job } from "@/lib/jobs/job.ts";
import type { Write } from "@/lib/kv/store.ts";
import type { LogEntry } from "@/lib/protocol/event.ts";
import { TERMINAL } from "./fold.ts";
import type { TopicWrite } from "./ledger.ts";
import { SKEW_MS_MAX } from "./process.ts";

export class Tenure {
  readonly jobs = new Map<string, Job>();
  /** Which process has which owner's id. */
  readonly #processes = new Map<string, string>();
  /** The jobs of an answer, in their order. */
  readonly #byMessage = new Map<string, string[]>();
  readonly #begunMs = new Map<string, number>();

  /** Judges one commit of the process `by`, made at `atMs`. */
  add(
    by: string,
    atMs: number,
    writes: readonly Write[],
    added: readonly TopicWrite[],
    amiss: (what: string) => void,
  ) {
    const before = new Map<string, Job>();
    for (const { key, value } of writes) {
      if (key[0] !== "generation" || key.length !== 2 || value === undefined) continue;
      const job = value as Job;
      const old = this.jobs.get(job.id);
      if (old !== undefined) before.set(job.id, old);
      this.#move(by, atMs, old, job, amiss);
      this.jobs.set(job.id, job);
      if (old === undefined) {
        this.#begunMs.set(job.id, atMs);
        this.#byMessage.set(job.messageId, [...this.#byMessage.get(job.messageId) ?? [], job.id]);
      }
    }
    for (const { entries } of added) {
      for (const entry of entries) {
        this.#written(by, { type: entry.type, data: JSON.parse(entry.json) } as LogEntry, before, amiss);
      }
    }
  }

  /** How often the jobs of an answer were claimed. */
  claims(messageId: string): number {
    const jobs = this.#byMessage.get(messageId) ?? [];
    return jobs.reduce((claims, id) => claims + (this.jobs.get(id)?.epoch ?? 0), 0);
  }

  /** When the job after `id` began to write the same answer; Infinity when none did. */
  nextMs({ id, messageId }: Job): number {
    const jobs = this.#byMessage.get(messageId) ?? [];
    return this.#begunMs.get(jobs[jobs.indexOf(id) + 1] ?? "") ?? Infinity;
  }

  #move(by: string, atMs: number, old: Job | undefined, job: Job, amiss: (what: string) => void): void {
    const said = (what: string) => amiss(`job ${job.id}: ${what}`);
    if (old?.state === "done") return said("was changed after its end");
    if (job.state === "running") this.#own(job.owner, by, said);
    if (old?.state === "running") {
      const claims = job.state === "running" && (job.owner !== old.owner || job.startedAt !== old.startedAt);
      if (!claims) {
        if (this.#processes.get(old.owner) !== by) {
          said(`${by} wrote it, and ${this.#processes.get(old.owner)} owns it`);
        }
        if (job.epoch !== old.epoch) said("the epoch changed without a claim");
        return;
      }
      // Its owner may begin anew at any time: its provider has forgotten the answer.
      const isOwners = job.owner === old.owner;
      if (!isOwners && old.leaseUntil > atMs + 2 * SKEW_MS_MAX) {
        said(`${by} claimed it before its lease ran out`);
      }
    }
    if (job.state === "running" && job.epoch !== (old?.epoch ?? 0) + 1) {
      said(`a claim took the epoch from ${old?.epoch ?? 0} to ${job.epoch}`);
    }
  }

  #own(owner: string, by: string, said: (what: string) => void): void {
    const process = this.#processes.get(owner);
    if (process === undefined) this.#processes.set(owner, by);
    else if (process !== by) said(`${by} wrote it as if it were ${process}`);
  }

  /** Entries of an answer come from the process that owned its job when they were committed. */
  #written(
    by: string,
    entry: LogEntry,
    before: ReadonlyMap<string, Job>,
    amiss: (what: string) => void,
  ): void {
    let messageId: string;
    if (entry.type === "delta") messageId = entry.data.messageId;
    else if (entry.type === "message" && entry.data.message.role === "assistant") {
      if (!TERMINAL.has(entry.data.message.status)) return;
      messageId = entry.data.message.id;
    } else return;
    const jobId = this.#byMessage.get(messageId)?.at(-1) ?? "";
    const now = this.jobs.get(jobId);
    const job = before.get(jobId) ?? now;
    if (job?.state !== "running") {
      return amiss(`${by} wrote to ${messageId}, whose job is ${job?.state ?? "nowhere"}`);
    }
    const owner = this.#processes.get(job.owner);
    if (owner !== by) amiss(`${by} wrote to ${messageId}, whose job is ${owner}'s`);
    if (entry.type === "message" && now?.state !== "done") amiss(`${messageId} ended, and its job did not`);
  }
}
