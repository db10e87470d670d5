// A server of event streams: a log per topic, and every stream that follows it.
import type { Topic, TopicEvent } from "@/lib/client/topic_event.ts";
import { snapshot } from "./sample.ts";

export class FakeStream {
  readonly topics: Map<Topic, number | null>;
  readonly query: string;
  open = true;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly response: Response;

  constructor(query: string, signal: AbortSignal | null) {
    this.query = query;
    this.topics = new Map(
      query.split(",").map((topic) => {
        const [name = "", cursor] = topic.split("@");
        return [name, cursor === undefined ? null : Number(cursor)];
      }),
    );
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.open = false;
      },
    });
    signal?.addEventListener("abort", () => this.break());
    this.response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  send({ type, id, topic, data }: TopicEvent): void {
    const json = JSON.stringify(topic === null ? data : { topic, ...data });
    this.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${json}\n\n`);
  }

  write(text: string): void {
    if (this.open) this.#controller.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    if (!this.open) return;
    this.open = false;
    this.#controller.close();
  }

  break(): void {
    if (!this.open) return;
    this.open = false;
    this.#controller.error(new TypeError("network error"));
  }
}

export interface Call {
  /** Such as `POST /api/conversations`. */
  name: string;
  body: unknown;
}

export class FakeServer {
  /** Every call of the JSON API. */
  readonly calls: Call[] = [];
  /** Answers a call; a test sets it. */
  answer: (call: Call) => Response | Promise<Response> = ({ name }) => {
    throw new Error(`Nobody expected ${name}`);
  };
  readonly logs = new Map<Topic, TopicEvent[]>();
  /** Every stream that was ever opened. */
  readonly streams: FakeStream[] = [];
  /** Answers in place of the next stream; null: the network is down. */
  readonly refusals: (Response | null)[] = [];

  #isDown = false;

  /** Ends every stream, and refuses whatever comes. */
  down(): void {
    this.#isDown = true;
    for (const stream of this.open) stream.break();
  }

  up(): void {
    this.#isDown = false;
  }

  get open(): FakeStream[] {
    return this.streams.filter((stream) => stream.open);
  }

  get last(): FakeStream {
    return this.streams.at(-1)!;
  }

  /** Adds an entry to its topic and sends it to whoever follows. */
  append(event: TopicEvent): void {
    if (event.topic === null) throw new Error("An entry has a topic");
    this.#log(event.topic).push(event);
    for (const stream of this.open) if (stream.topics.has(event.topic)) stream.send(event);
  }

  readonly fetch: typeof fetch = (input, init) => {
    const url = new URL(String(input), "http://localhost");
    const refusal = this.refusals.shift();
    if (this.#isDown || refusal === null) return Promise.reject(new TypeError("network error"));
    if (refusal !== undefined) return Promise.resolve(refusal);
    if (url.pathname !== "/api/events") {
      const body: unknown = init?.body === undefined ? undefined : JSON.parse(String(init.body));
      const call = { name: `${init?.method ?? "GET"} ${url.pathname}`, body };
      this.calls.push(call);
      return Promise.resolve(this.answer(call));
    }
    const stream = new FakeStream(url.searchParams.get("topics") ?? "", init?.signal ?? null);
    this.streams.push(stream);
    stream.write("retry: 1500\n: ok\n\n");
    for (const [topic, cursor] of stream.topics) {
      const log = this.#log(topic);
      const head = log.at(-1)?.id ?? 0;
      if (cursor === null && topic !== "user") {
        stream.send(snapshot(head, topic, log.map(({ id }) => `${id} `).join("")));
      } else for (const entry of log) if (entry.id! > (cursor ?? 0)) stream.send(entry);
    }
    return Promise.resolve(stream.response);
  };

  #log(topic: Topic): TopicEvent[] {
    let log = this.logs.get(topic);
    if (log === undefined) this.logs.set(topic, log = []);
    return log;
  }
}
