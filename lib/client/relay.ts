// One connection for all tabs of a browser (P9).
//   T1  The tab that holds the lock leads: it follows every topic of every tab and repeats what it hears.
//   T2  Repeating hangs on messages alone, because timers of a hidden tab are slowed down and messages are not.
//   T3  A leader that does not answer is robbed of the lock. Two leaders for a moment are harmless: an event seen
//       twice changes nothing (R1), and a hole is filled by asking again from our cursor (F1).
//   T4  Without locks or a channel a tab leads itself.
import type { Clock } from "../core/time.ts";
import type { Connection, ConnectionListener, Link } from "./connection.ts";
import { Cursors } from "./cursors.ts";
import { Roster } from "./roster.ts";
import type { Topic, TopicEvent } from "./topic_event.ts";
import { heard, tick, type Vigil, vigil } from "./vigil.ts";

/** What tabs say to each other. */
export type Note =
  | { kind: "want"; tab: string; topics: [Topic, number | null][] }
  | { kind: "here"; tab: string }
  | { kind: "left"; tab: string }
  | { kind: "ask" }
  | { kind: "beat"; leader: string; link: Link; tabs: string[]; roll: boolean }
  | { kind: "event"; leader: string; event: TopicEvent };

/** A BroadcastChannel, as far as we need it: everybody else hears what is sent, in the order of one sender. */
export interface Port {
  send(note: Note): void;
  close(): void;
}

/** `navigator.locks`, as far as we need it. */
export interface Locks {
  request(
    name: string,
    options: { steal: true } | { signal: AbortSignal },
    held: () => Promise<void>,
  ): Promise<void>;
}

export interface RelayPorts {
  /** Names this tab to the others. */
  tab: string;
  clock: Clock;
  locks: Locks | null;
  openPort: ((hear: (note: Note) => void) => Port) | null;
  connect: (listener: ConnectionListener) => Connection;
}

export const LOCK = "throughline.lead";
const TICK_MS = 1_000;
/** Every so many beats the leader calls the roll, to forget tabs that died without a word. */
const ROLL_BEATS = 30;
/** A hole is asked for again only after this time: the answer is likely under way. */
const ASK_AGAIN_MS = 3_000;

export class Relay {
  readonly #ports: RelayPorts;
  readonly #listener: ConnectionListener;
  readonly #cursors = new Cursors();
  readonly #askedAtMs = new Map<Topic, number>();
  readonly #closed = new AbortController();
  readonly #port: Port | null;
  /** Our place in the queue for the lock, and, once we lead, what lets it go. */
  #turn = new AbortController();
  #lead: { connection: Connection; roster: Roster; beats: number } | null = null;
  #vigil: Vigil;
  #link: Link = "connecting";

  constructor(ports: RelayPorts, listener: ConnectionListener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#vigil = vigil(ports.clock.now());
    const { locks, openPort } = ports;
    this.#port = locks === null || openPort === null ? null : openPort((note) => this.#hear(note));
    if (locks === null || this.#port === null) this.#reign();
    else this.#queue(locks, false);
    void this.#run();
  }

  get leads(): boolean {
    return this.#lead !== null;
  }

  /** Follows a topic from a cursor on; null asks for a snapshot, also of a topic that is followed already. */
  follow(topic: Topic, cursor: number | null): void {
    if (this.#cursors.follow(topic, cursor)) this.#announce();
  }

  unfollow(topic: Topic): void {
    if (!this.#cursors.unfollow(topic)) return;
    this.#askedAtMs.delete(topic);
    this.#announce();
  }

  /** The page became visible or the network came back. */
  wake(): void {
    if (this.#lead !== null) this.#lead.connection.wake();
    else this.#port?.send({ kind: "ask" });
  }

  /** Lets go of the lock at once, so that another tab goes on from the same cursors. */
  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#port?.send({ kind: "left", tab: this.#ports.tab });
    this.#closed.abort();
    this.#abdicate();
    this.#turn.abort();
    this.#port?.close();
  }

  #queue(locks: Locks, steal: boolean): void {
    const turn = new AbortController();
    this.#turn = turn;
    const held = () => {
      if (turn.signal.aborted) return Promise.resolve();
      this.#reign();
      return new Promise<void>((release) =>
        turn.signal.addEventListener("abort", () => release(), { once: true })
      );
    };
    locks.request(LOCK, steal ? { steal: true } : { signal: turn.signal }, held).catch((error: unknown) => {
      if (turn.signal.aborted) return; // we gave up this place ourselves
      const robbed = error instanceof DOMException && error.name === "AbortError";
      if (!robbed) return this.#reign(); // locks are there and may not be used here (T4)
      this.#abdicate();
      this.#queue(locks, false);
    });
  }

  #reign(): void {
    const connection = this.#ports.connect({
      event: (event) => {
        // Copying an event to nobody costs as much as reading it. Whoever is not known yet asks from their cursor (T3).
        if (this.#lead?.roster.hasOther(this.#ports.tab, event.topic)) {
          this.#port?.send({ kind: "event", leader: this.#ports.tab, event });
        }
        this.#take(event);
      },
      link: (link) => {
        this.#noteLink(link);
        this.#beat(false);
      },
    });
    this.#lead = { connection, roster: new Roster(), beats: 0 };
    this.#announce();
    this.#beat(false);
  }

  #abdicate(): void {
    this.#lead?.connection.close();
    this.#lead = null;
    this.#vigil = vigil(this.#ports.clock.now());
  }

  /** Beats while leading, keeps watch while not. */
  async #run(): Promise<void> {
    const { clock } = this.#ports;
    while (!this.#closed.signal.aborted) {
      await clock.sleep(TICK_MS, this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      if (this.#lead !== null) this.#beat((this.#lead.beats + 1) % ROLL_BEATS === 0);
      else this.#look();
    }
  }

  #look(): void {
    const { locks, clock } = this.#ports;
    const { step, vigil } = tick(clock.now(), this.#vigil);
    this.#vigil = vigil;
    if (step === "ask") this.#port?.send({ kind: "ask" });
    if (step !== "take_over" || locks === null) return;
    this.#turn.abort();
    this.#queue(locks, true);
  }

  #beat(roll: boolean): void {
    const lead = this.#lead;
    if (lead === null || this.#port === null) return;
    lead.beats += 1;
    if (roll) {
      lead.roster.call();
      lead.roster.seen(this.#ports.tab);
      this.#prune();
    }
    const { link } = lead.connection;
    this.#port.send({ kind: "beat", leader: this.#ports.tab, link, tabs: lead.roster.tabs(), roll });
  }

  #hear(note: Note): void {
    if (this.#closed.signal.aborted) return;
    switch (note.kind) {
      case "want":
        return this.#enrol(note.tab, note.topics);
      case "here":
        return this.#lead?.roster.seen(note.tab);
      case "left":
        this.#lead?.roster.drop(note.tab);
        return this.#prune();
      case "ask":
        return this.#beat(false);
      case "beat":
        return this.#heed(note);
      case "event":
        this.#vigil = heard(this.#ports.clock.now(), this.#vigil);
        return this.#take(note.event);
    }
  }

  /** A leader that does not know us, because it is new or had forgotten us, is told what we follow. */
  #heed(beat: Extract<Note, { kind: "beat" }>): void {
    if (this.#lead !== null) return; // two leaders: the lock will say which of us is one no longer
    this.#vigil = heard(this.#ports.clock.now(), this.#vigil);
    this.#noteLink(beat.link);
    if (!beat.tabs.includes(this.#ports.tab)) this.#announce();
    else if (beat.roll) this.#port?.send({ kind: "here", tab: this.#ports.tab });
  }

  #announce(): void {
    const topics = this.#cursors.entries();
    const now = this.#ports.clock.now();
    for (const [topic] of topics) this.#askedAtMs.set(topic, now);
    if (this.#lead !== null) this.#enrol(this.#ports.tab, topics);
    else this.#port?.send({ kind: "want", tab: this.#ports.tab, topics });
  }

  #enrol(tab: string, topics: [Topic, number | null][]): void {
    const lead = this.#lead;
    if (lead === null) return;
    const isNew = lead.roster.put(tab, topics.map(([topic]) => topic));
    const wanted = lead.roster.wanted();
    for (const [topic, cursor] of topics) if (wanted.has(topic)) lead.connection.follow(topic, cursor);
    this.#prune();
    if (isNew) this.#beat(false);
  }

  #prune(): void {
    if (this.#lead === null) return;
    const wanted = this.#lead.roster.wanted();
    for (const topic of this.#lead.connection.topics()) {
      if (!wanted.has(topic)) this.#lead.connection.unfollow(topic);
    }
  }

  #take(event: TopicEvent): void {
    if (event.topic === null || !this.#cursors.has(event.topic)) return;
    if (event.type === "bye") {
      this.#cursors.unfollow(event.topic);
      return this.#listener.event(event);
    }
    const placement = this.#cursors.place(event);
    if (placement === "next") this.#listener.event(event);
    if (placement !== "ahead") return;
    const askedAtMs = this.#askedAtMs.get(event.topic) ?? 0;
    if (this.#ports.clock.now() - askedAtMs >= ASK_AGAIN_MS) this.#announce();
  }

  #noteLink(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    this.#listener.link(link);
  }
}
