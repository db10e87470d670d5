// The models that a compatible server says it has, by `GET {base}/models`.
import type { Clock } from "../core/time.ts";
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
/** The longest names in use take about 100. */
const NAME_CHARS_MAX = 200;

export interface Discovered {
  model: string;
  contextTokens: number | null;
}

export interface DiscoverOptions {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  /** Told why there is no list. */
  report: (problem: string) => void;
}

/** A reader of the server's list, which is fetched once for all who ask at a time. Never rejects. */
export function discovery(vendor: Vendor, options: DiscoverOptions): () => Promise<Discovered[]> {
  let last: { untilMs: number; list: Promise<Discovered[]> } | undefined;
  return () => {
    const now = options.clock.now();
    if (last === undefined || now >= last.untilMs) {
      last = { untilMs: now + DISCOVER_CACHE_MS, list: discover(vendor, options) };
    }
    return last.list;
  };
}

async function discover(vendor: Vendor, { fetch, clock, report }: DiscoverOptions): Promise<Discovered[]> {
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
    return modelsIn(JSON.parse(await bounded(response)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report(`Cannot list the models of ${vendor.label}: ${clean(why, vendor)}`);
    return [];
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
function modelsIn(body: unknown): Discovered[] {
  const entries = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(entries)) throw new Error("the answer has no list `data`");
  const found = new Map<string, Discovered>();
  for (const entry of entries as unknown[]) {
    if (found.size === DISCOVERED_MAX) break;
    const { id, context_length, max_model_len } = (entry ?? {}) as Record<string, unknown>;
    if (!isName(id) || found.has(id)) continue;
    // The first is how OpenRouter says it, the second vLLM.
    const contextTokens = [context_length, max_model_len].find((n) =>
      Number.isSafeInteger(n) && Number(n) > 0
    );
    found.set(id, { model: id, contextTokens: (contextTokens as number | undefined) ?? null });
  }
  return [...found.values()];
}

function isName(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= NAME_CHARS_MAX &&
    /^[^\s\p{Cc}\p{Cs}]+$/u.test(id);
}
