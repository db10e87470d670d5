// OpenAI, by its Responses API. Nothing is stored there, for the conversation is ours to keep; unless `background` asks
// OpenAI to hold each response until it is read, so that another process can go on with it.
import type OpenAI from "openai";
import { AppError } from "../core/errors.ts";
import { type AdapterOptions, answering, type Call } from "./answer.ts";
import { eventsOf, Heard } from "./events.ts";
import { failure, reported } from "./failure.ts";
import type { Delta, ModelRequest, Provider } from "./provider.ts";
import { clean } from "./said.ts";
import { cannotGoOn, type Mark, markOf, readMark, StoredResponse } from "./stored_response.ts";
import { alternating } from "./turns.ts";
import { inclusiveUsage } from "./usage.ts";
import type { Vendor } from "./vendor.ts";
import { through, type Wire, wireFetch } from "./wire.ts";

export const OPENAI_BASE_URL = "https://api.openai.com/v1";

/** The API refuses to be told less. */
const OUTPUT_TOKENS_MIN = 16;

/** Cancelling a stored response is one short request; nobody waits for it. */
const CANCEL_MS_MAX = 5000;

export interface OpenAIOptions extends AdapterOptions {
  apiKey: string;
  /** The vendor stores each response, and goes on writing it whatever becomes of the connection. */
  background?: boolean;
  /** Told when a stored response could not be cancelled. */
  report?: (problem: string) => void;
}

export function openai(options: OpenAIOptions): Provider {
  const { background = false } = options;
  const vendor: Vendor = {
    provider: "openai",
    label: "OpenAI",
    keyVariable: "OPENAI_API_KEY",
    urlVariable: "OPENAI_BASE_URL",
    baseURL: options.baseURL,
    apiKey: options.apiKey,
  };
  const client = openaiClient(vendor, options);
  let summarised = true; // until the vendor refuses, which it is asked only once
  const create = async (sdk: OpenAI, request: ModelRequest, call: Call): Promise<Response> => {
    const ask = (summary: boolean) =>
      sdk.responses.create(body(request, background, summary), call.options).asResponse();
    const summary = summarised; // another call may learn it meanwhile
    try {
      return await ask(summary);
    } catch (error) {
      if (!summary || !refusesSummary(error)) throw error;
      summarised = false;
      return await ask(false);
    }
  };
  if (!background) {
    return answering(vendor, async function* (request, call) {
      yield* deltas(await create(await client(), request, call), vendor, call.wire);
    }, options);
  }
  const stored = async function* (
    open: (sdk: OpenAI) => Promise<Response>,
    call: Call,
    mark?: Mark,
  ) {
    const sdk = await client();
    const response = new StoredResponse(mark);
    const stop = (id: string) => void cancel(sdk, id, vendor, options);
    using _cancelling = response.cancelWith(call.options.signal, stop);
    const answer = await open(sdk);
    try {
      yield* deltas(answer, vendor, call.wire, response);
    } catch (error) {
      if (isUnreadable(error)) response.cancel(stop);
      throw error;
    }
  };
  return answering(
    vendor,
    (request, call) => stored((sdk) => create(sdk, request, call), call),
    options,
    {
      resume(checkpoint, call) {
        const mark = markOf(checkpoint);
        const query = { stream: true, starting_after: mark.after } as const;
        return stored((sdk) => sdk.responses.retrieve(mark.id, query, call.options).asResponse(), call, mark);
      },
      async abandon(checkpoint) {
        const mark = readMark(checkpoint);
        if (mark !== null) await cancel(await client(), mark.id, vendor, options);
      },
    },
  );
}

/** Makes the SDK's client at the first call, and keeps it. For OpenAI and all who speak its protocols. */
export function openaiClient(
  vendor: Vendor,
  { fetch = globalThis.fetch }: AdapterOptions,
): () => Promise<OpenAI> {
  let client: Promise<OpenAI> | undefined;
  const make = async () => {
    const { default: OpenAI } = await import("openai"); // 35 MB and 35 ms that a process without jobs never needs
    return new OpenAI({
      apiKey: vendor.apiKey ?? "none",
      // A server that asks for no key must not be shown one, not even a made-up one.
      ...(vendor.apiKey === undefined ? { defaultHeaders: { authorization: null } } : {}),
      baseURL: vendor.baseURL,
      // Given, so that the SDK takes none of them from the environment.
      organization: null,
      project: null,
      adminAPIKey: null,
      webhookSecret: null,
      logLevel: "off",
      maxRetries: 0, // who retries is decided in one place, above
      timeout: SDK_TIMEOUT_MS,
      fetch: wireFetch(vendor, fetch),
    });
  };
  return () => client ??= make();
}

/** Beyond every deadline of ours, so that ours always speak first; the SDKs' covers only the time to headers. */
export const SDK_TIMEOUT_MS = 60 * 60_000;

function body(
  request: ModelRequest,
  background: boolean,
  summarised: boolean,
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { temperature, outputTokensMax = request.outputTokensMax, effort } = request.params ?? {};
  // The summary is all that is ever seen of the thoughts; without thoughts there is none.
  const reasoning = {
    ...(effort === undefined ? {} : { effort }),
    ...(summarised && request.reasoning && effort !== "none" ? { summary: "auto" as const } : {}),
  };
  return {
    model: request.model,
    input: alternating(request.turns).map(({ role, text }) => ({ role, content: text })),
    ...(request.systemPrompt.trim() === "" ? {} : { instructions: request.systemPrompt.toWellFormed() }),
    ...(outputTokensMax === undefined
      ? {}
      : { max_output_tokens: Math.max(outputTokensMax, OUTPUT_TOKENS_MIN) }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
    stream: true,
    ...(background ? { background, store: true } : { store: false }),
  };
}

/** Whoever reads it again meets the same, unlike a connection that broke. An error of the vendor's is its end. */
function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof AppError && error.code === "answer_too_long");
}

/** Summaries of thoughts are only for organisations that have been verified; others are to have their answers. */
function refusesSummary(error: unknown): boolean {
  const { status, param } = (error ?? {}) as { status?: unknown; param?: unknown };
  return status === 400 && param === "reasoning.summary";
}

/** Tells the vendor to stop writing. Never throws: the answer has ended for us, whatever the vendor says. */
async function cancel(sdk: OpenAI, id: string, vendor: Vendor, options: OpenAIOptions): Promise<void> {
  const { clock, report = () => {} } = options;
  const [late, settled] = [new AbortController(), new AbortController()];
  void clock.sleep(CANCEL_MS_MAX, settled.signal).then(() => late.abort());
  const wire = { touch: () => {}, unread: true };
  try {
    await sdk.responses.cancel(id, { signal: late.signal, fetchOptions: through(wire) }).asResponse();
  } catch (error) {
    report(`A stopped answer may go on at OpenAI, and cost. ${failure(error, vendor, clock.now()).message}`);
  } finally {
    settled.abort();
  }
}

async function* deltas(
  answer: Response,
  vendor: Vendor,
  wire: Wire,
  stored?: StoredResponse,
): AsyncGenerator<Delta, void, undefined> {
  const heard = new Heard();
  let refusal = "";
  let said = false;
  for await (const events of eventsOf<OpenAI.Responses.ResponseStreamEvent>(answer, vendor, wire)) {
    for (const event of events) {
      stored?.read(event);
      if (isTerminal(event)) {
        stored?.end();
        yield* heard.take();
        yield* usageOf(event.response);
        // It failed there, and will have: whoever goes on with it is to begin anew.
        if (event.type === "response.failed" && stored?.isResumed && !said) {
          throw cannotGoOn("the answer failed there");
        }
        return yield end(event, vendor, refusal);
      }
      switch (event.type) {
        case "response.output_text.delta":
          heard.text("text", event.delta);
          said = true;
          break;
        case "response.reasoning_text.delta":
        case "response.reasoning_summary_text.delta":
          heard.text("reasoning", event.delta);
          said = true;
          break;
        case "response.reasoning_summary_part.added":
          if (event.summary_index > 0) heard.text("reasoning", "\n\n");
          break;
        case "response.refusal.delta":
          // Only its first line is shown.
          if (typeof event.delta === "string" && refusal.length < 1000) refusal += event.delta;
          break;
      }
      // A refusal is told as a whole: whoever goes on from before it hears all of it.
      const checkpoint = refusal === "" ? stored?.checkpoint() : undefined;
      if (checkpoint !== undefined) heard.checkpoint(checkpoint);
    }
    yield* heard.take();
  }
}

type Terminal =
  | OpenAI.Responses.ResponseCompletedEvent
  | OpenAI.Responses.ResponseIncompleteEvent
  | OpenAI.Responses.ResponseFailedEvent;

function isTerminal(event: OpenAI.Responses.ResponseStreamEvent): event is Terminal {
  return event.type === "response.completed" || event.type === "response.incomplete" ||
    event.type === "response.failed";
}

/** The end that a terminal event stands for, or the error. */
function end(event: Terminal, vendor: Vendor, refusal: string): Delta {
  switch (event.type) {
    case "response.completed":
      if (refusal === "") return { type: "end" };
      throw new AppError("provider_refused", `The model declined to answer: ${clean(refusal, vendor)}`);
    case "response.incomplete": {
      const reason = event.response?.incomplete_details?.reason;
      if (reason === "content_filter") return { type: "end", stopReason: "content_filter" };
      if (reason === "max_output_tokens") return { type: "end", stopReason: "length" };
      throw new AppError(
        "provider_truncated",
        `OpenAI left the answer unfinished (${reason ?? "no reason"}). Try again.`,
      );
    }
    case "response.failed": {
      const error = event.response?.error;
      throw reported(vendor, error ? [error.code] : [], error?.message);
    }
  }
}

function* usageOf(response: OpenAI.Responses.Response | undefined): Generator<Delta> {
  const usage = response?.usage;
  if (!usage) return;
  yield {
    type: "usage",
    usage: inclusiveUsage(usage.input_tokens, usage.output_tokens, {
      cached: usage.input_tokens_details?.cached_tokens,
      written: usage.input_tokens_details?.cache_write_tokens,
      reasoning: usage.output_tokens_details?.reasoning_tokens,
    }),
  };
}
