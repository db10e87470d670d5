// What every adapter has in common: a vendor's deltas go in, a stream that keeps the port's promises comes out.
//   A1  M1: one `end`, or an AppError. A source that stops without its `end` was cut off; one that ends without a word
//       to show, and without a reason for it, is `provider_empty`.
//   A2  M2: deadlines and the caller's abort close the socket, and win over whatever the SDK makes of that.
//   A3  Text is byte-exact: a surrogate pair that a provider splits between two deltas is joined again.
//   A4  A connection that breaks ends no answer that its vendor stores: it is read on, from the last checkpoint.
import { AppError, type ErrorCode } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { DEADLINES, type Deadlines, withDeadlines } from "../resilience/deadline.ts";
import { cutOff, failure } from "./failure.ts";
import type { Delta, ModelRequest, Pace, Provider } from "./provider.ts";
import type { Vendor } from "./vendor.ts";
import { type Through, through, type Wire } from "./wire.ts";

/** What every adapter is made from. */
export interface AdapterOptions {
  baseURL: string;
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch;
  clock: Clock;
  deadlines?: Deadlines;
}

/** One call: the options that lead an SDK's request through our `fetch`, and end it; and the wire, to read it by. */
export interface Call {
  options: { signal: AbortSignal; fetchOptions: Through };
  wire: Wire;
}

/** One call as a vendor's events, already turned into deltas. */
export type Source = (request: ModelRequest, call: Call) => AsyncIterable<Delta>;

/** What only some vendors can do. */
export interface Abilities {
  /** The events after a checkpoint, as deltas. */
  resume?(checkpoint: string, call: Call): AsyncIterable<Delta>;
  abandon?(checkpoint: string): Promise<void>;
  continues?(model: string): boolean;
}

/** One call, whatever it asks. */
type Open = (call: Call) => AsyncIterable<Delta>;

/** The failures of a connection, which say nothing of the response behind it. */
const BROKEN: ReadonlySet<ErrorCode> = new Set(["provider_truncated", "provider_unreachable"]);
/** A vendor that cannot be read this often in a row is not there; the job has tries of its own. */
const BREAKS_MAX = 3;
/** After the first break at once, then 1 s and 2 s: a proxy that restarts is back by then. */
const BREAK_PAUSE_MS = 1000;

/** What HTTP can carry in a header. A key pasted with its line break would be quoted in the error that refuses it. */
const SENDABLE_KEY = /^[\x21-\x7e]+$/;

/** The provider whose calls are `source`, and what else it can do. */
export function answering(
  vendor: Vendor,
  source: Source,
  { clock, deadlines = DEADLINES }: AdapterOptions,
  { resume, abandon, continues }: Abilities = {},
): Provider {
  async function* events(
    open: Open,
    begun: string | undefined,
    signal: AbortSignal,
    touch: () => void,
    pace: Pace | undefined,
  ): AsyncGenerator<Delta> {
    let checkpoint = begun;
    let broken: AppError | undefined; // since the last checkpoint
    for (let breaks = 0;;) { // at most BREAKS_MAX without a checkpoint between them
      const wire: Wire = { touch, ...(pace === undefined ? {} : { pace }) };
      try {
        if (vendor.apiKey !== undefined && !SENDABLE_KEY.test(vendor.apiKey)) {
          throw new AppError(
            "provider_auth",
            `The key of ${vendor.label} has characters that no key has. Check ${vendor.keyVariable} for spaces and quotes.`,
          );
        }
        const call = { options: { signal, fetchOptions: through(wire) }, wire };
        for await (const delta of open(call)) {
          if (delta.type === "checkpoint") {
            checkpoint = delta.checkpoint;
            breaks = 0;
            broken = undefined;
          } else checkpoint = undefined; // what was said or counted since would be so again
          yield delta;
          if (delta.type === "end") return;
        }
        throw cutOff(vendor);
      } catch (error) {
        const failed = wire.failure ?? failure(error, vendor, clock.now());
        // A stored response that is gone is no news to people; that their answer broke off is.
        if (broken !== undefined && failed.code === "provider_rejected") throw broken;
        broken ??= failed;
        const from = checkpoint;
        if (resume === undefined || from === undefined || signal.aborted) throw failed;
        if (!BROKEN.has(failed.code) || ++breaks > BREAKS_MAX) throw failed;
        if (breaks > 1) await clock.sleep((breaks - 1) * BREAK_PAUSE_MS, signal);
        open = (call) => resume(from, call); // with an aborted signal too: it cancels what is stored
      }
    }
  }
  const call = (
    open: Open,
    signal: AbortSignal,
    pace: Pace | undefined,
    begun: boolean,
    checkpoint?: string,
  ) =>
    whole(
      withDeadlines((own, touch) => events(open, checkpoint, own, touch, pace), deadlines, signal, clock),
      vendor,
      begun,
    );
  return {
    name: vendor.provider,
    stream: (request, signal, pace) =>
      call((call) => source(request, call), signal, pace, request.prefix !== undefined),
    ...(resume === undefined ? {} : {
      resume: (checkpoint, signal, pace) =>
        call((call) => resume(checkpoint, call), signal, pace, true, checkpoint),
    }),
    ...(abandon === undefined ? {} : { abandon }),
    ...(continues === undefined ? {} : { continues }),
  };
}

/** `deltas` up to and with their `end`, their text whole; throws when there is no end, or nothing before it. An answer
 * that was `begun` elsewhere may have had its last word there. */
export async function* whole(
  deltas: AsyncIterable<Delta>,
  vendor: Vendor,
  begun = false,
): AsyncGenerator<Delta, void, undefined> {
  const held = { text: "", reasoning: "" }; // at most one high surrogate each
  let answered = begun;
  for await (const delta of deltas) {
    switch (delta.type) {
      case "text":
      case "reasoning": {
        const [text, rest] = splitPair(held[delta.type] + delta.text);
        held[delta.type] = rest;
        if (text === "") break;
        answered ||= delta.type === "text";
        yield { type: delta.type, text };
        break;
      }
      case "usage":
        yield delta;
        break;
      case "checkpoint":
        // Half a character is held back: taken up from here it would be lost.
        if (held.text === "" && held.reasoning === "") yield delta;
        break;
      case "end":
        for (const type of ["reasoning", "text"] as const) {
          // The other half never came: what is left is not a character.
          if (held[type] !== "") yield { type, text: held[type].toWellFormed() };
        }
        if (!answered && delta.stopReason === undefined) {
          throw new AppError(
            "provider_empty",
            `${vendor.label} ended without a word. Try again, or ask in another way.`,
          );
        }
        yield delta;
        return;
      default:
        delta satisfies never;
    }
  }
  throw cutOff(vendor);
}

/** `text` without a high surrogate at its end, and that surrogate. Lone halves elsewhere become U+FFFD. */
function splitPair(text: string): [text: string, rest: string] {
  const last = text.charCodeAt(text.length - 1);
  const cut = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
  return [text.slice(0, cut).toWellFormed(), text.slice(cut)];
}
