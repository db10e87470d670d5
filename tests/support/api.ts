// A person with no browser: the JSON API and its event stream, over real HTTP.
import type {
  Continue,
  ConversationPage,
  CreateConversation,
  GenerationView,
  MessageAccepted,
  ModelList,
  PatchConversation,
  Problem,
  Regenerate,
  SendMessage,
  SessionCreated,
} from "../../lib/protocol/api.ts";
import type { Conversation } from "../../lib/protocol/conversation.ts";
import type { Snapshot, StreamEvent } from "../../lib/protocol/event.ts";
import { isTerminal, type Message } from "../../lib/protocol/message.ts";
import { type ConversationState, reduce } from "../../lib/protocol/reduce.ts";
import { follow, type FollowOptions } from "./follow.ts";

/** No answer of the API may take longer: none waits for a provider. */
const REQUEST_MS_MAX = 15_000;

/** A request that the server refused. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
  }
}

export class Api {
  private constructor(
    readonly url: string,
    readonly token: string,
    readonly userId: string,
    readonly cookie: string,
    readonly client?: Deno.HttpClient,
  ) {}

  /** A new anonymous person. */
  static async session(url: string): Promise<Api> {
    const response = await fetch(`${url}/api/session`, {
      method: "POST",
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const { token, userId } = await accepted<SessionCreated>(response);
    const cookie = response.headers.getSetCookie()[0]?.split(";", 1)[0];
    if (cookie === undefined) throw new Error("POST /api/session set no cookie");
    return new Api(url, token, userId, cookie);
  }

  /** The same person at another address, such as a second server on the same store. */
  at(url: string): Api {
    return new Api(url, this.token, this.userId, this.cookie, this.client);
  }

  /** The same person over connections of their own. */
  over(client: Deno.HttpClient): Api {
    return new Api(this.url, this.token, this.userId, this.cookie, client);
  }

  /** One request, as it is; for what the typed calls below do not say. */
  request(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<Response> {
    const raw = typeof body === "string" || body instanceof ReadableStream || body instanceof Uint8Array;
    return fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...Object.fromEntries(new Headers(headers)),
      },
      body: body === undefined ? undefined : raw ? body as BodyInit : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
      client: this.client,
    });
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return accepted<T>(await this.request(method, path, body));
  }

  create(body: CreateConversation = {}): Promise<Conversation> {
    return this.#call("POST", "/api/conversations", body);
  }

  list(query = ""): Promise<ConversationPage> {
    return this.#call("GET", `/api/conversations${query}`);
  }

  read(conversationId: string): Promise<Snapshot> {
    return this.#call("GET", `/api/conversations/${conversationId}`);
  }

  patch(conversationId: string, body: PatchConversation): Promise<Conversation> {
    return this.#call("PATCH", `/api/conversations/${conversationId}`, body);
  }

  send(conversationId: string, body: SendMessage): Promise<MessageAccepted> {
    return this.#call("POST", `/api/conversations/${conversationId}/messages`, body);
  }

  regenerate(conversationId: string, body: Regenerate): Promise<MessageAccepted> {
    return this.#call("POST", `/api/conversations/${conversationId}/regenerate`, body);
  }

  goOn(conversationId: string, body: Continue): Promise<MessageAccepted> {
    return this.#call("POST", `/api/conversations/${conversationId}/continue`, body);
  }

  /** Other words for a queued message. */
  edit(conversationId: string, messageId: string, text: string): Promise<Message> {
    return this.#call("PATCH", `/api/conversations/${conversationId}/messages/${messageId}`, { text });
  }

  /** A queued message before all others. */
  now(conversationId: string, messageId: string): Promise<GenerationView> {
    return this.#call("POST", `/api/conversations/${conversationId}/messages/${messageId}/now`);
  }

  async cancel(generationId: string): Promise<void> {
    const response = await this.request("POST", `/api/generations/${generationId}/cancel`);
    await response.body?.cancel();
    if (response.status !== 202) throw new Error(`Cancel answered ${response.status}, not 202`);
  }

  generation(id: string): Promise<GenerationView> {
    return this.#call("GET", `/api/generations/${id}`);
  }

  models(): Promise<ModelList> {
    return this.#call("GET", "/api/models");
  }

  /** The events of a conversation from `after` on, over one connection. */
  follow(conversationId: string, options: FollowOptions = {}): AsyncGenerator<StreamEvent, void, void> {
    const url = `${this.url}/api/conversations/${conversationId}/events`;
    return follow(url, this.token, { client: this.client, ...options });
  }

  /** Follows over one connection until `until` holds, and returns the folded state. */
  async followUntil(
    conversationId: string,
    until: (state: ConversationState) => boolean,
    options: FollowOptions = {},
  ): Promise<ConversationState> {
    let state: ConversationState | null = null;
    for await (const event of this.follow(conversationId, options)) {
      state = reduce(state, event);
      if (state !== null && until(state)) return state;
    }
    throw new Error("The stream ended first");
  }

  /** The message once it is at its end. */
  async finished(conversationId: string, messageId: string, options: FollowOptions = {}): Promise<Message> {
    const find = (state: ConversationState) => state.messages.find((message) => message.id === messageId);
    const state = await this.followUntil(conversationId, (state) => {
      const message = find(state);
      return message !== undefined && isTerminal(message.status);
    }, options);
    return find(state)!;
  }
}

/** The JSON of a response, or a `Refused` with the problem it carries. */
async function accepted<T>(response: Response): Promise<T> {
  if (response.ok) return await response.json() as T;
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
    throw new Refused(await response.json() as Problem);
  }
  throw new Error(`${response.status} without a problem body: ${(await response.text()).slice(0, 500)}`);
}
