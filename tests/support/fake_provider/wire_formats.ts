// The three wire formats, as the vendors write them: how each says what an answer is made of.

/** Which API a request was made to. */
export type Api = "responses" | "messages" | "chat";

/** Tokens in the fake's own words; each format has its own. */
export interface FakeUsage {
  /** Input that no cache knew. */
  fresh: number;
  cached?: number;
  written?: number;
  output: number;
  reasoning?: number;
}

/** What an adapter should tell apart; each format has its own word for it. */
export type FakeStop =
  | "stop"
  | "length"
  | "content_filter"
  | "refusal"
  | "tool"
  | "pause"
  | "context"
  | "stop_sequence"
  /** A reason that a vendor may think of later. */
  | "novel";

/** The frames of one format. Each function gives the text of zero or more SSE events. */
export interface Format {
  open(model: string, usage: FakeUsage): string;
  text(text: string): string;
  reasoning(text: string): string;
  /** The provider's way to keep a silent connection open. */
  ping(): string;
  usage(usage: FakeUsage): string;
  end(stop: FakeStop, usage: FakeUsage): string;
  error(type: string, message: string): string;
}

/** `id`: of the response, where the format says one. */
export const FORMATS: Record<Api, (id: string) => Format> = { responses, messages, chat };

/** The JSON body of an error response. */
export function errorBody(api: Api, type: string, message: string): string {
  return JSON.stringify(
    api === "messages"
      ? { type: "error", error: { type, message }, request_id: "req_fake" }
      : { error: { message, type, code: type, param: null } },
  );
}

/** A named event, as Responses and Messages have them. */
export function event(name: string, body: Record<string, unknown>): string {
  return `event: ${name}\ndata: ${JSON.stringify({ type: name, ...body })}\n\n`;
}

/** OpenAI's Responses API. */
function responses(id: string): Format {
  let sequence = 0;
  let model = "";
  const send = (name: string, body: Record<string, unknown>) =>
    event(name, { sequence_number: sequence++, ...body });
  const response = (status: string, more: Record<string, unknown> = {}) => ({
    response: { id, object: "response", model, status, output: [], error: null, ...more },
  });
  const counted = (usage: FakeUsage) => {
    const input = usage.fresh + (usage.cached ?? 0) + (usage.written ?? 0);
    return {
      usage: {
        input_tokens: input,
        input_tokens_details: { cached_tokens: usage.cached ?? 0, cache_write_tokens: usage.written ?? 0 },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        total_tokens: input + usage.output,
      },
    };
  };
  const where = { item_id: "msg_fake", output_index: 0, content_index: 0 };
  const INCOMPLETE: Partial<Record<FakeStop, string>> = {
    length: "max_output_tokens",
    context: "max_output_tokens",
    content_filter: "content_filter",
    pause: "steered",
    novel: "tea_time",
  };
  return {
    open(name) {
      model = name;
      return send("response.created", response("in_progress")) +
        send("response.in_progress", response("in_progress")) +
        send("response.output_item.added", { output_index: 0, item: { id: "msg_fake", type: "message" } });
    },
    text: (delta) => send("response.output_text.delta", { ...where, delta, logprobs: [], obfuscation: "x9" }),
    reasoning: (delta) =>
      send("response.reasoning_summary_text.delta", { ...where, summary_index: 0, delta }),
    ping: () => ": keep-alive\n\n",
    usage: () => "", // only in the terminal event
    end(stop, usage) {
      const reason = INCOMPLETE[stop];
      if (reason !== undefined) {
        const more = { incomplete_details: { reason }, ...counted(usage) };
        return send("response.incomplete", response("incomplete", more));
      }
      const refusal = stop === "refusal"
        ? send("response.refusal.delta", { ...where, delta: "I cannot help with that." })
        : "";
      return refusal + send("response.completed", response("completed", counted(usage)));
    },
    error: (code, message) => send("response.failed", response("failed", { error: { code, message } })),
  };
}

/** Anthropic's Messages API. */
function messages(): Format {
  let block: "text" | "thinking" | null = null;
  let index = -1;
  const closed = () => block === null ? "" : event("content_block_stop", { index });
  const within = (type: "text" | "thinking") => {
    if (block === type) return "";
    const before = closed();
    block = type;
    index++;
    const empty = type === "text" ? { type, text: "" } : { type, thinking: "", signature: "" };
    return before + event("content_block_start", { index, content_block: empty });
  };
  const STOPS: Record<FakeStop, string> = {
    stop: "end_turn",
    length: "max_tokens",
    content_filter: "refusal",
    refusal: "refusal",
    tool: "tool_use",
    pause: "pause_turn",
    context: "model_context_window_exceeded",
    stop_sequence: "stop_sequence",
    novel: "tea_time",
  };
  const input = (usage: FakeUsage) => ({
    input_tokens: usage.fresh,
    cache_read_input_tokens: usage.cached ?? 0,
    cache_creation_input_tokens: usage.written ?? 0,
  });
  return {
    open: (model, usage) =>
      event("message_start", {
        message: {
          id: "msg_fake",
          type: "message",
          role: "assistant",
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...input(usage), output_tokens: 1 },
        },
      }) + event("ping", {}),
    text: (text) =>
      within("text") + event("content_block_delta", { index, delta: { type: "text_delta", text } }),
    reasoning: (thinking) =>
      within("thinking") +
      event("content_block_delta", { index, delta: { type: "thinking_delta", thinking } }),
    ping: () => event("ping", {}),
    usage: () => "", // in message_start and message_delta
    end: (stop, usage) =>
      closed() + event("message_delta", {
        delta: { stop_reason: STOPS[stop], stop_sequence: stop === "stop_sequence" ? "END" : null },
        usage: {
          // As the API does: what did not change is null or missing.
          input_tokens: null,
          output_tokens: usage.output,
          ...(usage.reasoning === undefined
            ? {}
            : { output_tokens_details: { thinking_tokens: usage.reasoning } }),
        },
      }) + event("message_stop", {}),
    error: (type, message) => event("error", { error: { type, message } }),
  };
}

/** A chunk of Chat Completions. */
export function chunk(body: Record<string, unknown>, model = ""): string {
  const head = { id: "chatcmpl-fake", object: "chat.completion.chunk", created: 1, model };
  return `data: ${JSON.stringify({ ...head, ...body })}\n\n`;
}

/** A chunk of Chat Completions that is a part of the answer. */
export function choice(delta: unknown, finish: string | null = null, model = ""): string {
  return chunk({ choices: [{ index: 0, delta, finish_reason: finish }] }, model);
}

/** Chat Completions. */
function chat(): Format {
  let model = "";
  const delta = (delta: Record<string, unknown>, finish?: string) => choice(delta, finish, model);
  const STOPS: Record<FakeStop, string> = {
    stop: "stop",
    length: "length",
    content_filter: "content_filter",
    refusal: "stop",
    tool: "tool_calls",
    pause: "abort",
    context: "length",
    stop_sequence: "stop",
    novel: "tea_time",
  };
  const counted = (usage: FakeUsage) => {
    const prompt = usage.fresh + (usage.cached ?? 0) + (usage.written ?? 0);
    return chunk({
      choices: [],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: usage.output,
        total_tokens: prompt + usage.output,
        prompt_tokens_details: {
          cached_tokens: usage.cached ?? 0,
          // Only some servers count it.
          ...(usage.written === undefined ? {} : { cache_write_tokens: usage.written }),
        },
        completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
      },
    }, model);
  };
  return {
    open(name) {
      model = name;
      return delta({ role: "assistant", content: "" });
    },
    text: (content) => delta({ content }),
    reasoning: (reasoning_content) => delta({ reasoning_content }),
    ping: () => ": PROCESSING\n\n",
    usage: counted,
    end: (stop, usage) =>
      (stop === "refusal" ? delta({ refusal: "I cannot help with that." }) : "") + delta({}, STOPS[stop]) +
      counted(usage) + "data: [DONE]\n\n",
    error: (code, message) => `data: ${JSON.stringify({ error: { code, type: code, message } })}\n\n`,
  };
}
