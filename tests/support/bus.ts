// A bus on an embedded KV of its own, for tests.
import { Log } from "@/lib/bus/log.ts";
import type { Clock } from "@/lib/core/time.ts";
import { systemClock } from "@/lib/core/time.ts";
import type { TopicId } from "@/lib/kv/keys.ts";
import type { LogEntry } from "@/lib/protocol/event.ts";
import type { Fields, Level, Logger } from "@/lib/observe/log.ts";
import { FaultyStore } from "./faulty_store.ts";

export const TOPIC: TopicId = "c:00000000-0000-4000-8000-000000000001";
const MESSAGE = "00000000-0000-4000-8000-00000000000a";

/** A log over `kv` that pauses for a millisecond between tries. */
export function logOn(kv: Deno.Kv, options: { clock?: Clock } = {}): { log: Log; store: FaultyStore } {
  const store = new FaultyStore(kv);
  const { clock = systemClock } = options;
  return { store, log: new Log({ store, clock, random: () => 0, counters: store.metrics }) };
}

/** A delta whose text can be told from any other. */
export function delta(text: string): LogEntry {
  return { type: "delta", data: { messageId: MESSAGE, attempt: 1, parts: [{ type: "text", text }] } };
}

/** The text of a delta's JSON. */
export function textIn(json: string): string {
  return JSON.parse(json).parts[0].text;
}

/** A logger that keeps its lines. */
export class Lines implements Logger {
  readonly lines: { level: Level; event: string; fields: Fields }[] = [];

  log(level: Level, event: string, fields: Fields = {}): void {
    this.lines.push({ level, event, fields });
  }

  events(): string[] {
    return this.lines.map(({ event }) => event);
  }
}
