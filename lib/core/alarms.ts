// Many due times, one timer: the clock sleeps until the earliest of them.
//   A1  However many alarms are set, at most one sleep is under way; with none set, none is.
import type { Clock } from "./time.ts";

/** Something that wants to be told when its time has come. One object has one alarm; `Alarms` keeps the two numbers. */
export interface Alarm {
  dueAt: number;
  /** Its place in the heap; -1 while it is not set. */
  heapIndex: number;
  /** Its time has come; it is not set any more, and may be set for later. Must not throw: others are due as well. */
  ring(now: number): void;
}

export class Alarms {
  readonly #clock: Clock;
  /** A binary heap, the earliest first. */
  readonly #heap: Alarm[] = [];
  #sleep: { untilMs: number; waking: AbortController } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Alarms that are set. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sets an alarm, or moves it. */
  set(alarm: Alarm, dueAt: number): void {
    const moved = alarm.heapIndex >= 0;
    if (!moved) alarm.heapIndex = this.#heap.push(alarm) - 1;
    alarm.dueAt = dueAt;
    this.#up(alarm);
    if (moved) this.#down(alarm);
    this.#wait();
  }

  /** Takes an alarm back. Nothing happens when it is not set. */
  clear(alarm: Alarm): void {
    if (alarm.heapIndex < 0) return;
    this.#remove(alarm);
    this.#wait();
  }

  /** Sleeps until the earliest. A sleep that has become too short is left: it wakes up, and sleeps on. */
  #wait(): void {
    const [earliest] = this.#heap;
    if (this.#sleep !== null && earliest !== undefined && this.#sleep.untilMs <= earliest.dueAt) return;
    this.#sleep?.waking.abort();
    this.#sleep = null;
    if (earliest === undefined) return;
    const waking = new AbortController();
    this.#sleep = { untilMs: earliest.dueAt, waking };
    const ms = Math.max(0, earliest.dueAt - this.#clock.now());
    void this.#clock.sleep(ms, waking.signal).then(() => {
      if (waking.signal.aborted) return;
      this.#sleep = null;
      this.#ring();
    });
  }

  #ring(): void {
    const now = this.#clock.now();
    for (let [due] = this.#heap; due !== undefined && due.dueAt <= now; [due] = this.#heap) {
      this.#remove(due);
      due.ring(now);
    }
    this.#wait();
  }

  #remove(alarm: Alarm): void {
    const last = this.#heap.pop()!;
    if (last !== alarm) {
      this.#put(last, alarm.heapIndex);
      this.#up(last);
      this.#down(last);
    }
    alarm.heapIndex = -1;
  }

  #up(alarm: Alarm): void {
    while (alarm.heapIndex > 0) {
      const parent = this.#heap[(alarm.heapIndex - 1) >> 1]!;
      if (parent.dueAt <= alarm.dueAt) return;
      this.#swap(alarm, parent);
    }
  }

  #down(alarm: Alarm): void {
    for (;;) {
      const left = this.#heap[alarm.heapIndex * 2 + 1];
      const right = this.#heap[alarm.heapIndex * 2 + 2];
      const child = right !== undefined && right.dueAt < left!.dueAt ? right : left;
      if (child === undefined || child.dueAt >= alarm.dueAt) return;
      this.#swap(child, alarm);
    }
  }

  #swap(a: Alarm, b: Alarm): void {
    const at = a.heapIndex;
    this.#put(a, b.heapIndex);
    this.#put(b, at);
  }

  #put(alarm: Alarm, heapIndex: number): void {
    this.#heap[heapIndex] = alarm;
    alarm.heapIndex = heapIndex;
  }
}
