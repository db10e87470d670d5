// What a provider, the clock and a person do, in the words of the contract's rows.
import { assertEquals } from "@std/assert";
import { DEADLINES } from "@/lib/resilience/deadline.ts";
import type { FakeStop, FakeUsage } from "../support/fake_provider/mod.ts";
import { soon } from "../support/hearing.ts";
import { type Step, STOPPED, WORDS } from "./contract.ts";

// The provider, in its own format.

/** The headers and the opening events, and not yet a word. */
export const start: Step = ({ exchange }) => exchange.start();

/** Tokens, each a delta of its own. */
export function say(...tokens: string[]): Step {
  return async ({ exchange }) => {
    for (const token of tokens) await exchange.send(token);
  };
}

export function think(...thoughts: string[]): Step {
  return async ({ exchange }) => {
    for (const thought of thoughts) await exchange.reason(thought);
  };
}

/** What the answer will have cost. */
export function costs(usage: FakeUsage): Step {
  return ({ exchange }) => exchange.usage(usage);
}

export const ping: Step = ({ exchange }) => exchange.ping();

/** The terminal event; closing is left to the adapter. */
export function end(stop?: FakeStop): Step {
  return ({ exchange }) => exchange.terminal(stop);
}

/** An event that reports an error; closing is left to the adapter. */
export function trouble(type: string): Step {
  return ({ exchange }) => exchange.failing(type, WORDS);
}

// The provider, in HTTP.

/** An error response in the vendor's form. */
export function refuse(status: number, type: string, headers: Record<string, string> = {}): Step {
  return ({ exchange }) => exchange.refuse(status, type, WORDS, headers);
}

/** A response of any form. */
export function respond(status: number, contentType: string, body = ""): Step {
  return ({ exchange }) => exchange.respond(status, { "content-type": contentType }, body);
}

/** A way to another origin, which would answer. */
export function redirect(status: number): Step {
  return ({ exchange, elsewhere, adapter }) =>
    exchange.respond(status, { location: `${elsewhere.baseURL(adapter.api)}/anything` });
}

/** Headers, and not one byte of the body. */
export function headers(status = 200, contentType?: string): Step {
  return ({ exchange }) => exchange.headersOnly(contentType, status);
}

/** Text as it stands, once the answer is open. */
export function raw(...texts: string[]): Step {
  return async ({ exchange }) => {
    for (const text of texts) await exchange.raw(text);
  };
}

export function bytes(...bytes: number[]): Step {
  return ({ exchange }) => exchange.bytes(new Uint8Array(bytes));
}

/** A clean end of the body. */
export const eof: Step = ({ exchange }) => exchange.eof();

/** The socket closes in mid-body. */
export const cut: Step = ({ exchange }) => exchange.cut();

/** The connection is reset. What was on its way is lost, so wait for what must have arrived. */
export const reset: Step = ({ relay }) => relay!.reset();

/** The request is made once more; what follows answers that one. */
export const again: Step = async (scene) => scene.exchange = await scene.fake.next();

/** `text`, over and over, until the adapter has had enough or `timesMax` is reached. */
export function flood(text: string, timesMax: number): Step {
  return async ({ exchange }) => {
    for (let i = 0; i < timesMax && !exchange.over; i++) await exchange.raw(text);
  };
}

// The clock, and a person.

/** All but the last millisecond of a deadline passes, which changes nothing. */
export function almost(deadline: keyof typeof DEADLINES): Step {
  return async ({ clock, hearing, startMs }) => {
    const sinceMs = deadline === "totalMs" ? startMs : clock.now();
    await clock.advance(sinceMs + DEADLINES[deadline] - 1 - clock.now());
    assertEquals(hearing.isOver, false, `over before ${deadline}`);
  };
}

/** A deadline passes. */
export function silence(deadline: keyof typeof DEADLINES): Step {
  return async (scene) => {
    await almost(deadline)(scene);
    await scene.clock.advance(1);
  };
}

export const cancel: Step = ({ stop }) => stop.abort(STOPPED);

// The adapter, as far as it can be seen.

/** It has handed on exactly `text`. */
export function heard(text: string): Step {
  return ({ hearing }) => soon(hearing.until((heard) => heard.text === text), `"${text}" was not heard`);
}

/** It has handed on exactly these thoughts. */
export function thought(reasoning: string): Step {
  return ({ hearing }) =>
    soon(hearing.until((heard) => heard.reasoning === reasoning), `"${reasoning}" was not thought`);
}

/** It has handed on everything. */
export const over: Step = ({ hearing }) => soon(hearing.over, "It was not over");

/** It has the headers of its last request. */
export const answered: Step = ({ responses }) => soon(responses.at(-1)!, "No headers came");

/** It has read `text` off the wire. For rows whose way is noted. */
export function seen(text: string): Step {
  return ({ notes }) => soon(notes.include(text), `"${text}" was not read`);
}

/** It has read the opening events, in which no word is. For rows whose way is noted. */
export const opened: Step = async (scene) => {
  for (const step of [start, raw(": open\n\n"), seen(": open")]) await step(scene);
};
