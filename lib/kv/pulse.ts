// Who has committed. On one SQLite file KV's watch does not cross processes; a process that reads this short list knows
// whether there is anything new, and need not read each of the keys it watches, many times a second.
import type { Id } from "../core/ids.ts";
import { PULSE_TTL_MS, pulseKey, pulsePrefix } from "./keys.ts";
import { set, type Store, type Write } from "./store.ts";

/** Processes on one file: a handful, and those that a restart left behind within an hour. */
const PROCESSES_MAX = 500;

export class Pulse {
  readonly #processId: Id;
  #commits = 0;
  /** What each other process had committed when we last looked. */
  #seen = new Map<Id, string>();

  constructor(processId: Id) {
    this.#processId = processId;
  }

  /** The write that goes along with a commit. */
  beat(): Write {
    return set(pulseKey(this.#processId), ++this.#commits, PULSE_TTL_MS);
  }

  /** Whether others have committed since the last call. */
  async beaten(store: Store): Promise<boolean> {
    const rows = await store.list<number>({ prefix: pulsePrefix() }, { limit: PROCESSES_MAX });
    const others = rows.filter(({ key }) => key[1] !== this.#processId);
    const beaten = rows.length === PROCESSES_MAX ||
      others.some(({ key, versionstamp }) => this.#seen.get(key[1] as Id) !== versionstamp);
    this.#seen = new Map(others.map(({ key, versionstamp }) => [key[1] as Id, versionstamp]));
    return beaten;
  }
}
