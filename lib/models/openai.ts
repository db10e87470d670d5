// OpenAI, by its Responses API. Nothing is stored there: the conversation is ours to keep.
import type OpenAI from "openai";
import { AppError } from "../core/errors.ts";
import { type AdapterOptions, answering, type Call } from "./answer.ts";
import { reported } from "./failure.ts";
import type { Delta, ModelRequest, Provider } from "./provider.ts";
import { clean } from "./said.ts";
import { alternating } from "./turns.ts";
import { inclusiveUsage } from "./usage.ts";
import type { Vendor } from "./vendor.ts";
import { wireFetch } from "./wire.ts";

export const OPENAI_BASE_URL = "https://api.openai.com/v1";

export interface OpenAIOptions extends AdapterOptions {
  apiKey: string;
}

export function openai(options: OpenAIOptions): Provider {
  const vendor: Vendor = {
    provider: "openai",
    label: "OpenAI",
    keyVariable: "OPENAI_API_KEY",
    urlVariable: "OPENAI_BASE_URL",
    baseURL: options.baseURL,
    apiKey: options.apiKey,
  };
  const client = openaiClient(vendor, options);
  return answering(vendor, async function* (request, call) {
    yield* responses(await client(), request, call, vendor);
  }, options);
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

async function* responses(
  client: OpenAI,
  request: ModelRequest,
  call: Call,
  vendor: Vendor,
): AsyncGenerator<Delta, void, undefined> {
  const stream = await client.responses.create({
    model: request.model,
    input: alternating(request.turns).map(({ role, text }) => ({ role, content: text })),
    ...(request.systemPrompt.trim() === "" ? {} : { instructions: request.systemPrompt.toWellFormed() }),
    ...(request.outputTokensMax === undefined ? {} : { max_output_tokens: request.outputTokensMax }),
    stream: true,
    store: false,
  }, call);
  let refusal = "";
  for await (const event of stream) { // bounded by the deadlines and the wire
    switch (event.type) {
      case "response.output_text.delta":
        yield { type: "text", text: event.delta };
        break;
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        yield { type: "reasoning", text: event.delta };
        break;
      case "response.reasoning_summary_part.added":
        if (event.summary_index > 0) yield { type: "reasoning", text: "\n\n" };
        break;
      case "response.refusal.delta":
        if (refusal.length < 1000) refusal += event.delta; // only its first line is shown
        break;
      case "response.completed":
        yield* usageOf(event.response);
        if (refusal !== "") {
          throw new AppError("provider_refused", `The model declined to answer: ${clean(refusal, vendor)}`);
        }
        return yield { type: "end" };
      case "response.incomplete": {
        yield* usageOf(event.response);
        const reason = event.response.incomplete_details?.reason;
        if (reason === "content_filter") return yield { type: "end", stopReason: "content_filter" };
        if (reason === "max_output_tokens") return yield { type: "end", stopReason: "length" };
        throw new AppError(
          "provider_truncated",
          `OpenAI left the answer unfinished (${reason ?? "no reason"}). Try again.`,
        );
      }
      case "response.failed": {
        yield* usageOf(event.response);
        const error = event.response.error;
        throw reported(vendor, error === null ? [] : [error.code], error?.message ?? "");
      }
    }
  }
}

function* usageOf({ usage }: OpenAI.Responses.Response): Generator<Delta> {
  if (usage === undefined || usage === null) return;
  yield {
    type: "usage",
    usage: inclusiveUsage(usage.input_tokens, usage.output_tokens, {
      cached: usage.input_tokens_details?.cached_tokens,
      written: usage.input_tokens_details?.cache_write_tokens,
      reasoning: usage.output_tokens_details?.reasoning_tokens,
    }),
  };
}
