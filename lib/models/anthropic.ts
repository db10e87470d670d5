// Anthropic, by its Messages API.
import type Anthropic from "@anthropic-ai/sdk";
import { AppError } from "../core/errors.ts";
import { type AdapterOptions, answering, type Call } from "./answer.ts";
import { eventsOf, Heard } from "./events.ts";
import { listed } from "./list.ts";
import { SDK_TIMEOUT_MS } from "./openai.ts";
import type { Delta, ModelRequest, Provider } from "./provider.ts";
import { clean } from "./said.ts";
import { alternating } from "./turns.ts";
import { exclusiveUsage } from "./usage.ts";
import type { Vendor } from "./vendor.ts";
import { wireFetch } from "./wire.ts";

export const ANTHROPIC_BASE_URL = "https://api.anthropic.com";

/** The API insists on a limit. Every Claude that still answers takes this one, so a model we do not list does too. */
const OUTPUT_TOKENS_UNLISTED = 8192;

export interface AnthropicOptions extends AdapterOptions {
  apiKey: string;
}

export function anthropic(options: AnthropicOptions): Provider {
  const vendor: Vendor = {
    provider: "anthropic",
    label: "Anthropic",
    keyVariable: "ANTHROPIC_API_KEY",
    urlVariable: "ANTHROPIC_BASE_URL",
    baseURL: options.baseURL,
    apiKey: options.apiKey,
  };
  let client: Promise<Anthropic> | undefined;
  return answering(vendor, async function* (request, call) {
    yield* messages(await (client ??= make(vendor, options)), request, call, vendor);
  }, options);
}

async function make(vendor: Vendor, { fetch = globalThis.fetch }: AdapterOptions): Promise<Anthropic> {
  const { default: Anthropic } = await import("@anthropic-ai/sdk"); // loaded by the first job, as in openai.ts
  return new Anthropic({
    apiKey: vendor.apiKey ?? null,
    // Given, so that the SDK takes none of them from the environment.
    webhookKey: null,
    baseURL: vendor.baseURL,
    logLevel: "off",
    openTelemetry: false,
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    fetch: wireFetch(vendor, fetch),
  });
}

/** Older models take it still; the SDK's types no longer know it. */
interface Sampling {
  temperature?: number;
}

function body(request: ModelRequest): Anthropic.MessageCreateParamsStreaming & Sampling {
  const { temperature, outputTokensMax = request.outputTokensMax, effort, stop } = request.params ?? {};
  const stops = stop?.filter((text) => text.trim() !== ""); // a blank one is refused, and all others with it
  return {
    model: request.model,
    max_tokens: outputTokensMax ?? listed("anthropic", request.model)?.outputTokensMax ??
      OUTPUT_TOKENS_UNLISTED,
    messages: alternating(request.turns).map(({ role, text }) => ({ role, content: text })),
    ...(request.systemPrompt.trim() === "" ? {} : { system: request.systemPrompt.toWellFormed() }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stops === undefined || stops.length === 0 ? {} : { stop_sequences: stops }),
    // The API has no word for the two least.
    ...(effort === undefined || effort === "none" || effort === "minimal"
      ? {}
      : { output_config: { effort } }),
    // Unasked, current models keep their thoughts to themselves: a long silence, and nothing to see.
    ...(request.reasoning ? { thinking: { type: "adaptive", display: "summarized" } } : {}),
    stream: true,
  };
}

async function* messages(
  client: Anthropic,
  request: ModelRequest,
  call: Call,
  vendor: Vendor,
): AsyncGenerator<Delta, void, undefined> {
  const response = await client.messages.create(body(request), call.options).asResponse();
  const usage: Counts = {};
  let stop: Anthropic.MessageDeltaEvent["delta"] | undefined;
  const heard = new Heard();
  for await (const events of eventsOf<Anthropic.MessageStreamEvent>(response, vendor, call.wire)) {
    for (const event of events) {
      switch (event.type) {
        case "message_start":
          heard.add(counted(usage, event.message?.usage));
          break;
        case "content_block_delta":
          if (event.delta?.type === "text_delta") heard.text("text", event.delta.text);
          if (event.delta?.type === "thinking_delta") heard.text("reasoning", event.delta.thinking);
          break;
        case "message_delta":
          stop = event.delta ?? stop;
          heard.add(counted(usage, event.usage));
          break;
        case "message_stop":
          yield* heard.take();
          return yield end(stop, vendor);
      }
    }
    yield* heard.take();
  }
}

/** The end that a stop reason stands for, or the error. A reason that we do not know is the model's own. */
function end(stop: Anthropic.MessageDeltaEvent["delta"] | undefined, vendor: Vendor): Delta {
  switch (stop?.stop_reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return { type: "end", stopReason: "length" };
    case "refusal": {
      const why = clean(stop.stop_details?.explanation, vendor);
      throw new AppError(
        "provider_refused",
        `The model declined to answer${why === "" ? ". Ask in another way." : `: ${why}`}`,
      );
    }
    case "pause_turn":
      throw new AppError("provider_truncated", "Anthropic paused in the middle of the answer. Try again.");
    case "tool_use":
      throw new AppError(
        "provider_protocol",
        "The model asked for a tool, and it was given none. Try again.",
      );
    default:
      return { type: "end" };
  }
}

type Counts = Partial<Record<keyof Anthropic.MessageDeltaUsage, unknown>>;

/** The total so far. `message_delta` is cumulative, but leaves out, or sends as null, what did not change. */
function counted(total: Counts, more: Counts | undefined): Extract<Delta, { type: "usage" }> {
  for (const [name, value] of Object.entries(more ?? {})) {
    if (value !== null) total[name as keyof Counts] = value;
  }
  const details = total.output_tokens_details as Anthropic.OutputTokensDetails | undefined;
  return {
    type: "usage",
    usage: exclusiveUsage(total.input_tokens, total.output_tokens, {
      cached: total.cache_read_input_tokens,
      written: total.cache_creation_input_tokens,
      reasoning: details?.thinking_tokens,
    }),
  };
}
