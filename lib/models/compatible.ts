// Any server that speaks Chat Completions: Ollama, vLLM, llama.cpp, OpenRouter.
import type OpenAI from "openai";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { type AdapterOptions, answering } from "./answer.ts";
import { cutOff, reported } from "./failure.ts";
import { openaiClient } from "./openai.ts";
import { withoutEcho } from "./echo.ts";
import { eventsOf, Heard } from "./events.ts";
import type { Delta, ModelRequest, Provider } from "./provider.ts";
import { clean } from "./said.ts";
import { Thoughts } from "./thoughts.ts";
import { alternating } from "./turns.ts";
import { inclusiveUsage } from "./usage.ts";
import { hostOf, type Vendor } from "./vendor.ts";

/** The usage follows the last word at once, or never. Some servers then neither send `[DONE]` nor close. */
const USAGE_WAIT_MS = 5000;

export interface CompatibleOptions extends AdapterOptions {
  apiKey?: string;
  /** The models that go on from the beginning of an answer; `*` for all. None, unless said. */
  continues?: readonly string[];
}

export function compatible(options: CompatibleOptions): Provider {
  const vendor = compatibleVendor(options);
  const client = openaiClient(vendor, options);
  const continuing = new Set(options.continues);
  let refusesOptions = false; // learnt from the server, and kept so that it is asked only once
  return answering(
    vendor,
    async function* (request, call) {
      const open = (await client()).chat.completions;
      const ask = (withOptions: boolean) =>
        open.create(body(request, withOptions), call.options).asResponse();
      const withOptions = !refusesOptions; // another call may learn it meanwhile
      let response: Response;
      try {
        response = await ask(withOptions);
      } catch (error) {
        if (!withOptions || !isBadRequest(error)) throw error;
        response = await ask(false); // throws the server's own complaint if it was another
        refusesOptions = true;
      }
      const said = deltas(
        eventsOf<OpenAI.ChatCompletionChunk>(response, vendor, call.wire),
        vendor,
        options.clock,
        request.prefix !== undefined,
      );
      yield* request.prefix === undefined ? said : withoutEcho(said, request.prefix);
    },
    options,
    { continues: (model) => continuing.has("*") || continuing.has(model) },
  );
}

export function compatibleVendor({ baseURL, apiKey }: { baseURL: string; apiKey?: string }): Vendor {
  const vendor = {
    provider: "compatible",
    label: "",
    keyVariable: "COMPATIBLE_API_KEY",
    urlVariable: "COMPATIBLE_BASE_URL",
    baseURL,
    ...(apiKey === undefined || apiKey === "" ? {} : { apiKey }),
  };
  return { ...vendor, label: `The server at ${hostOf(vendor)}` };
}

/** How servers are told to go on from the last message. Each reads its own field, and passes over the others. */
interface Continuing {
  /** vLLM and SGLang. */
  add_generation_prompt?: false;
  continue_final_message?: true;
}
/** A message as DeepSeek and Mistral want it to be continued. */
type Begun = OpenAI.ChatCompletionAssistantMessageParam & { prefix: true };

function body(
  request: ModelRequest,
  withOptions: boolean,
): OpenAI.ChatCompletionCreateParamsStreaming & Continuing {
  const system = request.systemPrompt.trim() === "" ? [] : [
    { role: "system" as const, content: request.systemPrompt.toWellFormed() },
  ];
  const begun: Begun[] = request.prefix === undefined ? [] : [
    { role: "assistant", content: request.prefix.toWellFormed(), prefix: true },
  ];
  const { temperature, outputTokensMax, effort, stop } = request.params ?? {};
  return {
    model: request.model,
    messages: [
      ...system,
      ...alternating(request.turns).map(({ role, text }) => ({ role, content: text })),
      ...begun,
    ],
    // Only what a person wants: a server that is asked for all that its model can say may want it paid beforehand.
    ...(outputTokensMax === undefined ? {} : { max_tokens: outputTokensMax }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(begun.length === 0 ? {} : { add_generation_prompt: false, continue_final_message: true }),
    stream: true,
    ...(withOptions ? { stream_options: { include_usage: true } } : {}),
  };
}

function isBadRequest(error: unknown): boolean {
  const status = (error as { status?: unknown } | null)?.status;
  return status === 400 || status === 422; // the second is how FastAPI says it
}

/** What the servers add to a delta, and what the SDK's types promise but not all servers keep. */
interface LooseDelta {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  refusal?: unknown;
}

async function* deltas(
  pieces: AsyncGenerator<OpenAI.ChatCompletionChunk[], void, undefined>,
  vendor: Vendor,
  clock: Clock,
  goesOn: boolean,
): AsyncGenerator<Delta, void, undefined> {
  const heard = new Heard();
  // An answer that goes on began elsewhere, with its thoughts: what comes now is text.
  const thoughts = goesOn ? null : new Thoughts((type, text) => heard.text(type, text));
  let finish: string | undefined;
  let refusal = "";
  try {
    for (let untilMs = Infinity;;) { // bounded by the deadlines and the wire, then by USAGE_WAIT_MS
      const step =
        await (finish === undefined ? pieces.next() : soon(pieces.next(), untilMs - clock.now(), clock));
      if (step === undefined || step.done) break;
      for (const chunk of step.value) {
        const choice = chunk.choices?.[0]; // there is none in the chunk with the usage
        const delta: LooseDelta = choice?.delta ?? {};
        heard.text("reasoning", delta.reasoning_content || delta.reasoning); // some send both, and one of them empty
        if (thoughts === null) heard.text("text", delta.content);
        else if (typeof delta.content === "string") thoughts.take(delta.content);
        if (typeof delta.refusal === "string" && refusal.length < 1000) refusal += delta.refusal;
        if (chunk.usage) heard.add({ type: "usage", usage: usageOf(chunk.usage) });
        if (finish === undefined && choice?.finish_reason) {
          finish = choice.finish_reason;
          thoughts?.end();
          untilMs = clock.now() + USAGE_WAIT_MS;
        }
      }
      yield* heard.take();
    }
  } finally {
    // Not awaited: a server that never closes would hold the end back. It closes the socket, which cannot fail for us.
    pieces.return().catch(() => {});
  }
  if (finish === undefined) throw cutOff(vendor); // `[DONE]` alone proves nothing
  if (refusal !== "") {
    throw new AppError("provider_refused", `The model declined to answer: ${clean(refusal, vendor)}`);
  }
  yield end(finish, vendor);
}

/** The end that a finish reason stands for, or the error. One that we do not know is the model's own. */
function end(finish: string, vendor: Vendor): Delta {
  switch (finish) {
    case "length":
    case "content_filter":
      return { type: "end", stopReason: finish };
    case "tool_calls":
    case "function_call":
      throw new AppError(
        "provider_protocol",
        "The model asked for a tool, and it was given none. Try again.",
      );
    case "error":
    case "insufficient_system_resource":
      throw reported(vendor, [finish], "");
    case "abort":
      throw cutOff(vendor);
    default:
      return { type: "end" };
  }
}

/** What `promise` gives within `ms`, or undefined. The answer is whole by now, so a failure takes nothing from it. */
async function soon<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const settled = new AbortController();
  try {
    return await Promise.race([
      promise.catch(() => undefined),
      clock.sleep(ms, settled.signal).then(() => undefined),
    ]);
  } finally {
    settled.abort();
  }
}

function usageOf(usage: OpenAI.CompletionUsage) {
  return inclusiveUsage(usage.prompt_tokens, usage.completion_tokens, {
    cached: usage.prompt_tokens_details?.cached_tokens,
    written: usage.prompt_tokens_details?.cache_write_tokens,
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  });
}
