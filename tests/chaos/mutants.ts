// Programs that are broken on purpose, each in one way that the checker must notice. The program itself is not edited:
// what it commits, lists or follows is.
import type { Job } from "@/lib/jobs/job.ts";
import type { Check, Transaction, Write } from "@/lib/kv/store.ts";
import type { Variant } from "./variant.ts";

const isJob = (key: Deno.KvKey) => key[0] === "generation" && key.length === 2;

function transactions(
  change: (checks: readonly Check[], writes: readonly Write[]) => Partial<Transaction>,
): Variant {
  return {
    transaction: ({ checks, writes }) => {
      const changed = change(checks, writes);
      return { checks: [...changed.checks ?? checks], writes: [...changed.writes ?? writes] };
    },
  };
}

/** Each mutant, by what it forgets. */
export const MUTANTS: Readonly<Record<string, Variant>> = {
  "the lease is not checked": transactions((checks) => ({ checks: checks.filter(({ key }) => !isJob(key)) })),

  "the head is not checked": transactions((checks) => ({
    checks: checks.filter(({ key }) => !(key[0] === "topic" && key[2] === "head")),
  })),

  "what leaves the tail is not sealed": transactions((_, writes) => ({
    writes: writes.filter(({ key }) => !(key[0] === "topic" && key[2] === "log")),
  })),

  "segments are listed from the wrong cursor": {
    selector: (selector) => {
      if (!("start" in selector) || !("end" in selector)) return selector;
      const from = selector.start.at(-1);
      if (selector.start[2] !== "log" || typeof from !== "number") return selector;
      return { ...selector, start: selector.start.with(-1, from + 1) };
    },
  },

  "a follower goes on from the wrong cursor": { cursor: (cursor) => Math.max(0, cursor - 1) },

  "nobody remembers what was asked": {
    hides: (key) => key[0] === "sent",
    ...transactions((_, writes) => ({ writes: writes.filter(({ key }) => key[0] !== "sent") })),
  },

  "a takeover does not raise the epoch": transactions((_, writes) => ({
    writes: writes.map((write) => {
      if (!isJob(write.key) || write.value === undefined) return write;
      const job = write.value as Job;
      return job.state === "running" && job.epoch > 1 ? { ...write, value: { ...job, epoch: 1 } } : write;
    }),
  })),

  "a takeover begins anew what a person had go on": transactions((_, writes) => ({
    writes: writes.map((write) => {
      if (!isJob(write.key) || write.value === undefined) return write;
      const { keeps: _, ...job } = write.value as Job;
      return { ...write, value: job };
    }),
  })),

  "the ledger forgets a call": transactions((_, writes) => ({
    writes: writes.filter(({ key }) => key[0] !== "ledger"),
  })),

  "a takeover forgets what was spent before": transactions((_, writes) => ({
    writes: writes.map((write) => {
      if (!isJob(write.key) || write.value === undefined) return write;
      const { spent: _, ...job } = write.value as Job;
      return { ...write, value: job };
    }),
  })),

  "an end is not checked": transactions((_, writes) => {
    const ends = writes.some(({ key, value }) => isJob(key) && (value as Job | undefined)?.state === "done");
    return ends ? { checks: [] } : {};
  }),

  "an end forgets the index": transactions((_, writes) => ({
    writes: writes.filter(({ key, value }) => !(key[0] === "running" && value === undefined)),
  })),

  "nobody looks for jobs whose owner died": {
    selector: (selector) =>
      "prefix" in selector && selector.prefix[0] === "running" ? { prefix: ["nothing"] } : selector,
  },

  "a stop is not heard": { hides: (key) => key[0] === "generation" && key[2] === "cancel" },
};
