// Locks, channels and storage of one browser, in one process. Every page of a test shares one FakeBrowser.
import type { Locks, Note, Port } from "@/lib/client/relay.ts";
import type { Shelf } from "@/lib/client/drafts.ts";

interface Request {
  page: FakePage;
  held: () => Promise<void>;
  granted: boolean;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

export class FakeBrowser {
  readonly pages = new Set<FakePage>();
  /** Everything that was said on the channel. */
  readonly notes: Note[] = [];
  queue: Request[] = [];

  page(): FakePage {
    const page = new FakePage(this);
    this.pages.add(page);
    return page;
  }

  /** Gives the lock to the first in the queue when nobody holds it. */
  grant(): void {
    const first = this.queue[0];
    if (first === undefined || first.granted) return;
    first.granted = true;
    // As in a browser, the callback runs in a task of its own.
    queueMicrotask(() => {
      if (this.queue[0] !== first) return;
      first.held().then(() => {
        this.queue = this.queue.filter((request) => request !== first);
        first.resolve();
        this.grant();
      });
    });
  }
}

export class FakePage {
  readonly #browser: FakeBrowser;
  /** A frozen page neither hears nor speaks until it thaws; then it hears what it missed. */
  #frozen = false;
  #missed: (() => void)[] = [];
  #hear: ((note: Note) => void) | null = null;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const deliver of this.#missed.splice(0)) deliver();
  }

  task(run: () => void): void {
    if (this.#frozen) this.#missed.push(run);
    else run();
  }

  readonly openPort = (hear: (note: Note) => void): Port => {
    this.#hear = hear;
    return {
      send: (note) => {
        if (this.#frozen) return;
        this.#browser.notes.push(note);
        for (const other of this.#browser.pages) {
          if (other !== this) queueMicrotask(() => other.task(() => other.#hear?.(structuredClone(note))));
        }
      },
      close: () => this.#hear = null,
    };
  };

  readonly locks: Locks = {
    request: (_name, options, held) =>
      new Promise<void>((resolve, reject) => {
        const request: Request = { page: this, held, granted: false, resolve, reject };
        const browser = this.#browser;
        if ("steal" in options) {
          const robbed = browser.queue[0];
          if (robbed?.granted) {
            browser.queue.shift();
            robbed.page.task(() => robbed.reject(new DOMException("The lock was stolen", "AbortError")));
          }
          browser.queue.unshift(request);
        } else {
          options.signal.addEventListener("abort", () => {
            if (request.granted) return;
            browser.queue = browser.queue.filter((other) => other !== request);
            reject(options.signal.reason);
          });
          browser.queue.push(request);
        }
        browser.grant();
      }),
  };
}

/** `localStorage`, which may be full. */
export class FakeShelf implements Shelf {
  readonly #items = new Map<string, string>();
  full = false;

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("Full", "QuotaExceededError");
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}
