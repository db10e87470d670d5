// The JSON API, as typed calls.
//   A1  A call that may be repeated is repeated: the same message id gives the same answer (P7).
import type { ErrorCode } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { LAST_MESSAGES } from "../protocol/api.ts";
import type {
  ContextUse,
  Continue,
  ConversationPage,
  CreateConversation,
  EditMessage,
  EditSummary,
  GenerationView,
  ListQuery,
  MessageAccepted,
  MessagePage,
  ModelList,
  PatchConversation,
  PatchPreferences,
  Problem,
  PromptText,
  Rate,
  Regenerate,
  RemovedAll,
  SearchPage,
  SendMessage,
  UsageReport,
} from "../protocol/api.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Snapshot } from "../protocol/event.ts";
import type { Message } from "../protocol/message.ts";
import type { Preferences } from "../protocol/preferences.ts";
import type { Summary } from "../protocol/summary.ts";

/** A call that failed, in words for a person. `network` and `timeout` are ours, every other code the server's. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ErrorCode | "network" | "timeout";
  readonly detail: string;
  readonly status: number;
  readonly requestId?: string;

  constructor(error: { code: ClientError["code"]; detail: string; status: number; requestId?: string }) {
    super(error.detail);
    this.code = error.code;
    this.detail = error.detail;
    this.status = error.status;
    this.requestId = error.requestId;
  }
}

export interface ApiPorts {
  fetch: typeof fetch;
  clock: Clock;
  random: () => number;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export interface Call {
  method: Method;
  path: string;
  body?: unknown;
  /** False for a call that would do its work twice; it is repeated only when the server says that it did nothing. */
  repeatable?: boolean;
}

/** Nothing that we ask for takes long: a generation is only started by a call, never awaited. */
export const CALL_MS_MAX = 15_000;
/** With the waits between them, about eight seconds: longer, and the person should decide. */
export const TRIES_MAX = 5;
const PAUSE_MS = 300;
const PAUSE_MS_MAX = 4_000;

export class Api {
  readonly #ports: ApiPorts;

  constructor(ports: ApiPorts) {
    this.#ports = ports;
  }

  /** With its last messages. */
  read(id: Id): Promise<Snapshot> {
    return this.call({ method: "GET", path: `/api/conversations/${id}?last=${LAST_MESSAGES}` });
  }

  /** What comes before a message in its branch, or the end of the branch through one. */
  messages(id: Id, where: { before: Id } | { through: Id }, limit: number): Promise<MessagePage> {
    const search = new URLSearchParams({ ...where, limit: String(limit) });
    return this.call({ method: "GET", path: `/api/conversations/${id}/messages?${search}` });
  }

  search(q: string, cursor?: string): Promise<SearchPage> {
    const search = new URLSearchParams(cursor === undefined ? { q } : { q, cursor });
    return this.call({ method: "GET", path: `/api/search?${search}` });
  }

  list(query: ListQuery = {}): Promise<ConversationPage> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return this.call({ method: "GET", path: `/api/conversations?${search}` });
  }

  models(): Promise<ModelList> {
    return this.call({ method: "GET", path: "/api/models" });
  }

  create(body: CreateConversation): Promise<Conversation> {
    return this.call({ method: "POST", path: "/api/conversations", body, repeatable: false });
  }

  patch(id: Id, body: PatchConversation): Promise<Conversation> {
    return this.call({ method: "PATCH", path: `/api/conversations/${id}`, body });
  }

  removeSome(): Promise<RemovedAll> {
    return this.call({ method: "DELETE", path: "/api/conversations" });
  }

  /** `body.id` is required here: it is what makes sending again harmless. */
  send(conversationId: Id, body: SendMessage & { id: Id }): Promise<MessageAccepted> {
    return this.call({ method: "POST", path: `/api/conversations/${conversationId}/messages`, body });
  }

  /** `body.id` is required here, too. */
  regenerate(conversationId: Id, body: Regenerate & { id: Id }): Promise<MessageAccepted> {
    return this.call({ method: "POST", path: `/api/conversations/${conversationId}/regenerate`, body });
  }

  /** And here. */
  continueAnswer(conversationId: Id, body: Continue & { id: Id }): Promise<MessageAccepted> {
    return this.call({ method: "POST", path: `/api/conversations/${conversationId}/continue`, body });
  }

  rate(conversationId: Id, messageId: Id, body: Rate): Promise<Message> {
    return this.call({ method: "PUT", path: `${pathOf(conversationId, messageId)}/rating`, body });
  }

  /** A person's own words for what was left out up to a message. */
  editSummary(conversationId: Id, throughId: Id, text: string): Promise<Summary> {
    const body: EditSummary = { text };
    return this.call({
      method: "PUT",
      path: `/api/conversations/${conversationId}/summaries/${throughId}`,
      body,
    });
  }

  /** How full a model's window is before the next message, as the server will fill it. */
  context(conversationId: Id, model: string): Promise<ContextUse> {
    const search = new URLSearchParams({ model });
    return this.call({ method: "GET", path: `/api/conversations/${conversationId}/context?${search}` });
  }

  prompt(conversationId: Id, promptId: string): Promise<PromptText> {
    return this.call({
      method: "GET",
      path: `/api/conversations/${conversationId}/prompts/${encodeURIComponent(promptId)}`,
    });
  }

  patchPreferences(body: PatchPreferences): Promise<Preferences> {
    return this.call({ method: "PATCH", path: "/api/preferences", body });
  }

  /** The last thirty days. */
  usage(): Promise<UsageReport> {
    return this.call({ method: "GET", path: "/api/usage" });
  }

  /** Other words for a message that waits. */
  editQueued(conversationId: Id, messageId: Id, text: string): Promise<Message> {
    const body: EditMessage = { text };
    return this.call({ method: "PATCH", path: pathOf(conversationId, messageId), body });
  }

  async removeQueued(conversationId: Id, messageId: Id): Promise<void> {
    await this.call({ method: "DELETE", path: pathOf(conversationId, messageId) });
  }

  /** A message that waits before all others, and before the answer that is under way. */
  sendNow(conversationId: Id, messageId: Id): Promise<GenerationView> {
    return this.call({ method: "POST", path: `${pathOf(conversationId, messageId)}/now`, body: {} });
  }

  async cancel(generationId: Id): Promise<void> {
    await this.call({ method: "POST", path: `/api/generations/${generationId}/cancel`, body: {} });
  }

  /** For what is called by parts that are loaded on demand: their paths are with them. */
  async call<T>(call: Call): Promise<T> {
    for (let tried = 1;; tried++) {
      try {
        return await this.#once<T>(call);
      } catch (error) {
        if (!(error instanceof ClientError) || tried >= TRIES_MAX || !mayRepeat(call, error)) throw error;
        const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (tried - 1));
        await this.#ports.clock.sleep(pauseMs * (0.5 + this.#ports.random() / 2));
      }
    }
  }

  async #once<T>(call: Call): Promise<T> {
    const late = new AbortController();
    const done = new AbortController();
    void this.#ports.clock.sleep(CALL_MS_MAX, done.signal).then(() => done.signal.aborted || late.abort());
    try {
      const response = await this.#ports.fetch(call.path, {
        method: call.method,
        headers: call.body === undefined ? {} : { "content-type": "application/json" },
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal: late.signal,
      });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof ClientError) throw error;
      if (late.signal.aborted) {
        throw new ClientError({ code: "timeout", detail: "The server took too long to answer.", status: 0 });
      }
      throw new ClientError({ code: "network", detail: "The server could not be reached.", status: 0 });
    } finally {
      done.abort();
    }
  }
}

function pathOf(conversationId: Id, messageId: Id): string {
  return `/api/conversations/${conversationId}/messages/${messageId}`;
}

/** `busy` and `draining` say that nothing was done; after a lost answer only a repeatable call may go again. */
function mayRepeat(call: Call, error: ClientError): boolean {
  if (error.status === 503) return true;
  return call.repeatable !== false && (error.status === 0 || error.status === 502 || error.status === 504);
}

/** The problem that the server wrote, or the bare status when something between us and it answered. */
function refusal(response: Response, text: string): ClientError {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const { status } = response;
  if (response.headers.get("content-type")?.includes("json")) {
    const problem = JSON.parse(text) as Partial<Problem>;
    if (typeof problem.detail === "string" && typeof problem.code === "string") {
      return new ClientError({
        code: problem.code,
        detail: problem.detail,
        status,
        requestId: problem.requestId ?? requestId,
      });
    }
  }
  return new ClientError({
    code: "internal",
    detail: `The server answered with status ${status}.`,
    status,
    requestId,
  });
}
