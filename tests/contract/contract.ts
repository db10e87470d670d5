// What every adapter makes of a provider, as a table: a row says what the provider does, step by step, and what must come
// out. Beyond what its row says, each case holds that
//   C1  the requests that the row tells of were made and no other, and nobody but the provider was asked;
//   C2  the provider saw every socket close, no timer, body or operation is left, ours or Deno's, and no operator is told;
//   C3  nothing of an error holds the key, HTML, or more than a line of the provider's words.
import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { causes, type ErrorCode } from "@/lib/core/errors.ts";
import { recourse } from "@/lib/models/failure.ts";
import type { StopReason, Usage } from "@/lib/protocol/message.ts";
import { type Adapter, type AdapterName, ADAPTERS, KEY } from "../support/adapters.ts";
import { FakeClock } from "../support/clock.ts";
import { type Exchange, type FakeProvider, startFakeProvider } from "../support/fake_provider/mod.ts";
import { CAN_RESET, ResettingRelay } from "../support/fake_provider/reset.ts";
import { errorOf, type Heard, Hearing, REQUEST, soon } from "../support/hearing.ts";
import { Notes } from "./notes.ts";

export interface Row {
  what: string;
  /** From the arrival of the request on. */
  wire: Each<readonly Step[]>;
  out: Each<Outcome>;
  /** A way between the two: one that can be reset, or one that notes what the adapter has read. */
  by?: "relay" | "notes";
}

/** Something that the provider, the clock or a person does; or a wait for what the adapter does. */
export type Step = (scene: Scene) => unknown;

export interface Scene {
  adapter: Adapter;
  fake: FakeProvider;
  /** Another origin, which would answer. */
  elsewhere: FakeProvider;
  clock: FakeClock;
  /** When the call was made. */
  startMs: number;
  /** The request that is being answered. */
  exchange: Exchange;
  hearing: Hearing;
  /** Aborted by a person's stop. */
  stop: AbortController;
  /** Each request's headers, as soon as they are here. */
  responses: Promise<Response>[];
  relay: ResettingRelay | null;
  notes: Notes;
}

export interface Outcome {
  text: string | RegExp;
  reasoning: string;
  /** Null: none was told. Absent: whatever the format tells by then. */
  usage?: Usage | null;
  asked: readonly Asked[];
  /** The end's reason; the error; or the signal's reason. */
  over: { end: StopReason | null } | { error: Failure } | { cancelled: unknown };
}

interface Failure {
  code: ErrorCode;
  retry: boolean;
  retryAfterMs?: number;
  says?: RegExp;
  /** The vendor's name of the request. */
  requestId?: string;
}

/** What a request wants: an answer, the rest of one, or its end. */
export type Asked = "answer" | "rest" | "cancel";

type More = Partial<Pick<Outcome, "text" | "reasoning" | "usage" | "asked">>;

export function ends(
  text: Outcome["text"],
  { reason, ...more }: More & { reason?: StopReason } = {},
): Outcome {
  return { ...outcome(more), text, over: { end: reason ?? null } };
}

/** `retry`: whether the same request may succeed later. */
export function fails(
  code: ErrorCode,
  { retry, retryAfterMs, says, requestId, ...more }: More & Omit<Failure, "code">,
): Outcome {
  return { ...outcome(more), over: { error: { code, retry, retryAfterMs, says, requestId } } };
}

/** A person stopped it, and what came before stays. */
export function stops(text: string, more: More = {}): Outcome {
  return { ...outcome(more), text, over: { cancelled: STOPPED } };
}

function outcome({ text = "", reasoning = "", asked = ["answer"], ...usage }: More) {
  return { text, reasoning, asked, ...usage };
}

/** Why a person's stop aborts. */
export const STOPPED = "cancelled";

/** One value for all adapters, or one for each. */
export type Each<T> = T | PerAdapter<T>;

class PerAdapter<T> {
  constructor(readonly values: Values<T>) {}

  of(name: AdapterName): T | Absent {
    const { values } = this;
    const value = values[name] ?? (name === "background" ? values.openai : undefined) ?? values.others;
    if (value === undefined) throw new Error(`The row says nothing of ${name}`);
    return value;
  }
}

type Values<T> = Partial<Record<AdapterName | "others", T | Absent>>;

/** `background` is as `openai` unless it is named; whoever is not named is one of the `others`. */
export function each<T>(values: Values<T>): PerAdapter<T> {
  return new PerAdapter(values);
}

export class Absent {
  constructor(readonly why: string) {}
}

/** The adapter's format cannot say it. */
export function absent(why: string): Absent {
  return new Absent(why);
}

/** One test for each row and each adapter that can meet it. */
export function contract(rows: readonly Row[]): void {
  for (const { what, wire, out, by } of rows) {
    for (const adapter of ADAPTERS) {
      const [steps, expected] = [valueOf(wire, adapter.name), valueOf(out, adapter.name)];
      if (steps instanceof Absent || expected instanceof Absent) continue;
      const ignore = by === "relay" && !CAN_RESET;
      watched(`${what} (${adapter.name})`, () => play(adapter, steps, expected, by), { ignore });
    }
  }
}

/** A test after which Deno looks for what was left open. By itself it has ceased to. */
export function watched(name: string, fn: () => Promise<void>, { ignore = false } = {}): void {
  Deno.test({ name, fn, ignore, sanitizeOps: true, sanitizeResources: true });
}

export function valueOf<T>(value: Each<T>, name: AdapterName): T | Absent {
  return value instanceof PerAdapter ? value.of(name) : value;
}

async function play(adapter: Adapter, steps: readonly Step[], expected: Outcome, by: Row["by"]) {
  await using fake = startFakeProvider();
  await using elsewhere = startFakeProvider({ auto: { tokens: 3 } });
  await using relay = by === "relay" ? await ResettingRelay.start(fake.url) : null;
  const clock = new FakeClock();
  const startMs = clock.now();
  const stop = new AbortController();
  const responses: Promise<Response>[] = [];
  const notes = new Notes();
  const reports: string[] = [];
  const baseURL = fake.baseURL(adapter.api);
  const provider = adapter.make({
    baseURL: relay?.through(baseURL) ?? baseURL,
    clock,
    report: (problem) => reports.push(problem),
    fetch: keeping(responses, by === "notes" ? notes : undefined),
  });
  const hearing = new Hearing(provider.stream(REQUEST, stop.signal));
  try {
    const exchange = await fake.next();
    const scene = {
      adapter,
      startMs,
      fake,
      elsewhere,
      clock,
      exchange,
      hearing,
      stop,
      responses,
      relay,
      notes,
    };
    for (const step of steps) await step(scene);
    const heard = await soon(hearing.over, "It was not over");
    if (expected.asked.includes("cancel")) await soon(exchange.stored!.cancelled, "Nothing was cancelled");
    await nothingLeft(fake, clock, responses);
    assertEquals(reports, [], "C2: reported");
    assertEquals(fake.exchanges.map(askedBy), expected.asked, "C1: asked");
    assertEquals(elsewhere.exchanges.length, 0, "C1: another origin was asked");
    check(heard, expected);
  } finally {
    stop.abort("the test is over");
    await hearing.over.catch(() => {}); // it has failed by now, or is what fails
  }
}

/** A `fetch` that keeps every response, also those that nobody waits for. */
export function keeping(responses: Promise<Response>[], notes?: Notes): typeof fetch {
  return (input, init) => {
    const response = fetch(input, init);
    responses.push(response);
    return notes === undefined ? response : response.then((response) => notes.taken(response));
  };
}

/** C2, but for what Deno's sanitizers see. */
export async function nothingLeft(fake: FakeProvider, clock: FakeClock, responses: Promise<Response>[]) {
  await soon(Promise.allSettled(responses), "C2: a request is still open");
  for (const exchange of fake.exchanges) await soon(exchange.closed, "C2: the socket was not closed");
  // A cancel of what is stored has a limit of its own, which goes when its response has been read.
  for (let turns = 0; clock.sleeping > 0 && turns < 100; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(clock.sleeping, 0, "C2: somebody still sleeps");
}

export function askedBy({ method, path }: Exchange): Asked {
  return method === "GET" ? "rest" : path.endsWith("/cancel") ? "cancel" : "answer";
}

function check(heard: Heard, { text, reasoning, usage, over }: Outcome) {
  const { error, end } = heard;
  if ("error" in over) {
    const error = errorOf(heard);
    const { code, retry, retryAfterMs, says = /./, requestId } = over.error;
    assertEquals(
      { code: error.code, retry: recourse(error).again, retryAfterMs: error.extra.retryAfterMs },
      { code, retry, retryAfterMs },
      error.message,
    );
    assertMatch(error.message, says);
    if (requestId !== undefined) assertEquals(error.extra.providerRequestId, requestId);
    leaksNothing(error);
  } else if ("cancelled" in over) {
    assertStrictEquals(error, over.cancelled);
  } else {
    assertEquals(error, undefined);
    assertEquals(end, over.end === null ? { type: "end" } : { type: "end", stopReason: over.end });
  }
  if (typeof text === "string") assertEquals(heard.text, text);
  else assertMatch(heard.text, text);
  assertEquals(heard.reasoning, reasoning);
  if (usage !== undefined) assertEquals(heard.usage ?? null, usage);
}

/** A sentence or two of ours, with a line of theirs. */
const MESSAGE_CHARS_MAX = 450;

/** C3. */
function leaksNothing(error: Error & { extra: unknown }) {
  const { message } = error;
  const everything = [message, causes(error), JSON.stringify(error.extra), Deno.inspect(error)].join("\n");
  assertNotMatch(everything, /recognisable|0123456789abcdef/, "C3: the key");
  assertNotMatch(`${message} ${causes(error)}`, /<\s*[a-z/!]|the page says|the second line/i, "C3: a page");
  assertNotMatch(message, /[\r\n]/, "C3: lines");
  assert(message.length <= MESSAGE_CHARS_MAX, `C3: a message of ${message.length} characters`);
  assert(everything.length < 10_000, `C3: ${everything.length} characters in all`);
}

/** What a provider says of an error, at its worst. C3 looks for the traces. */
export const WORDS = `Because of this. The key ${KEY} <b>is</b> <script>alert(1)</script>\r\n${
  "and so on ".repeat(50)
}\nthe second line`;

/** A megabyte of a proxy's page. */
export const HTML = `<!DOCTYPE html><html><head><title>502</title></head><body>${
  "<p>The page says so</p>".repeat(60_000)
}</body></html>`;
