// The models that a compatible server says it has, by `GET {base}/models`.
import type { Clock } from "../core/time.ts";
import { type Discovered, named, readEntry } from "./entry.ts";
import { clean } from "./said.ts";
import type { Vendor } from "./vendor.ts";

/** The list stands in the way of a page, so a server that hangs may not. */
export const DISCOVER_MS_MAX = 5000;
/** OpenRouter's list, the longest we know, takes 0.5 MB. */
export const DISCOVER_BYTES_MAX = 1024 * 1024;
/** More than anybody scrolls through. */
export const DISCOVERED_MAX = 500;
/** How long an answer, or a failure to answer, is believed. */
export const DISCOVER_CACHE_MS = 60_000;

export interface DiscoverOptions {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  /** Told why there is no list. */
  report: (problem: string) => void;
  /** Of the server's models, those that matter; all when absent. */
  only?: readonly string[];
}

/** A reader of the server's list, which is fetched once for all who ask at a time. */
export interface Discovery {
  /** Never rejects. */
  all(): Promise<readonly Discovered[]>;
  /** The newest list that came, however old; nothing is fetched for it. */
  latest(): readonly Discovered[];
}

export function discovery(vendor: Vendor, options: DiscoverOptions): Discovery {
  let last: { untilMs: number; list: Promise<readonly Discovered[]> } | undefined;
  let latest: readonly Discovered[] = [];
  const fetched = async () => {
    const list = await discover(vendor, options);
    if (list !== null) latest = list;
    return list ?? [];
  };
  return {
    latest: () => latest,
    all() {
      const now = options.clock.now();
      if (last === undefined || now >= last.untilMs) {
        last = { untilMs: now + DISCOVER_CACHE_MS, list: fetched() };
      }
      return last.list;
    },
  };
}

/**
 * The models that the operator named, with what the server says of them. That they are there is known, so nobody waits:
 * what is said of them is shown once it came.
 */
export function describedModels(
  vendor: Vendor,
  names: readonly string[],
  options: DiscoverOptions,
): Discovery {
  // Such a server need not have a list, so one complaint is enough.
  let complained = false;
  const report = (problem: string) => {
    if (!complained) options.report(`${problem}. What its models take and cost is unknown.`);
    complained = true;
  };
  const said = discovery(vendor, { ...options, report, only: names });
  const latest = () => {
    const found = new Map(said.latest().map((one) => [one.model, one]));
    return names.map((name) => found.get(name) ?? named(name));
  };
  return {
    latest,
    all() {
      void said.all();
      return Promise.resolve(latest());
    },
  };
}

/** Null: there is no list, which was reported. */
async function discover(
  vendor: Vendor,
  { fetch, clock, report, only }: DiscoverOptions,
): Promise<Discovered[] | null> {
  const tooLate = new AbortController();
  const done = new AbortController();
  clock.sleep(DISCOVER_MS_MAX, done.signal).then(() =>
    tooLate.abort(new Error(`no answer within ${DISCOVER_MS_MAX} ms`))
  );
  try {
    const response = await fetch(`${vendor.baseURL.replace(/\/+$/, "")}/models`, {
      headers: {
        accept: "application/json",
        ...(vendor.apiKey === undefined ? {} : { authorization: `Bearer ${vendor.apiKey}` }),
      },
      redirect: "error",
      signal: tooLate.signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return modelsIn(JSON.parse(await bounded(response)), only);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report(`Cannot list the models of ${vendor.label}: ${clean(why, vendor)}`);
    return null;
  } finally {
    done.abort();
  }
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > DISCOVER_BYTES_MAX) throw new Error(`the list is longer than ${DISCOVER_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The models of `{ data: [{ id, … }] }`. A list that is none is an error; an entry that is none is left out. */
function modelsIn(body: unknown, only?: readonly string[]): Discovered[] {
  const entries = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(entries)) throw new Error("the answer has no list `data`");
  const found = new Map<string, Discovered>();
  for (const entry of entries as unknown[]) {
    if (found.size === DISCOVERED_MAX) break;
    const one = readEntry(entry);
    if (one === null || found.has(one.model) || only?.includes(one.model) === false) continue;
    found.set(one.model, one);
  }
  return [...found.values()];
}
