// An SSE client for tests, which can be cut off at any byte.
import { createParser } from "eventsource-parser";
import type { StreamEvent } from "../../lib/protocol/event.ts";

/** Longer than any answer of a test; a follower that waits longer is stuck. */
const FOLLOW_MS_MAX = 120_000;

export interface FollowOptions {
  /** The cursor: what has been seen. Sent as `Last-Event-ID`. */
  after?: number;
  /** Ends the connection after this many bytes, wherever that falls in an event. */
  cutAfterBytes?: number;
  signal?: AbortSignal;
  /** The connections to follow over; absent: those that all of the test shares. */
  client?: Deno.HttpClient;
  /** Called for every byte run, in the order of arrival. */
  onBytes?: (bytes: number) => void;
}

/** A server that is about to exit, or whose store is away, asked to come back later. */
export class TurnedAway extends Error {}

/** The events of one connection. Ends where the server ends it or where it is cut; leaving the loop closes it. */
export async function* follow(
  url: string,
  token: string,
  options: FollowOptions = {},
): AsyncGenerator<StreamEvent, void, void> {
  const leave = new AbortController();
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  if (options.after !== undefined) headers["last-event-id"] = String(options.after);
  const signals = [
    leave.signal,
    AbortSignal.timeout(FOLLOW_MS_MAX),
    ...(options.signal ? [options.signal] : []),
  ];
  const { client } = options;
  const response = await fetch(url, { headers, signal: AbortSignal.any(signals), client });
  if (!response.ok || response.body === null) {
    const Kind = response.status === 503 ? TurnedAway : Error;
    throw new Kind(`Following answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  }
  const parsed: StreamEvent[] = [];
  const parser = createParser({ onEvent: (event) => parsed.push(toStreamEvent(event)) });
  const decoder = new TextDecoder();
  let left = options.cutAfterBytes ?? Infinity;
  try {
    for await (const chunk of response.body) {
      const bytes = chunk.subarray(0, left);
      left -= bytes.length;
      options.onBytes?.(bytes.length);
      parser.feed(decoder.decode(bytes, { stream: true }));
      yield* parsed.splice(0);
      if (left === 0) return;
    }
  } finally {
    leave.abort();
  }
}

function toStreamEvent(event: { event?: string; id?: string; data: string }): StreamEvent {
  const id = event.id === undefined || event.id === "" ? undefined : Number(event.id);
  return {
    type: event.event,
    data: JSON.parse(event.data),
    ...(id === undefined ? {} : { id }),
  } as StreamEvent;
}
