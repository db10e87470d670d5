// The bench's provider: speaks Chat Completions over plain TCP, and knows when each token left.
// It lives in the process of the followers, so one clock times both ends of a token.
//   G3  One loop paces all answers; what is due together for one answer leaves in one write.
import { Answer, join, type Pace, spoken } from "./answer.ts";
import { Wire, writeAll } from "./http.ts";

/** The loop's pause. Deno's timers round up: it comes round each 2.1 ms when nothing else is to be done. */
const TICK_MS = 1;
/** Answers and texts that may be asked for at once; ten times the largest level. */
const KNOWN_MAX = 20_000;

const encoder = new TextEncoder();

export class Provider implements AsyncDisposable {
  readonly url: string;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #answers = new Map<number, Answer>();
  readonly #texts = new Map<number, string>();
  #active: Answer[] = [];
  #ticking = false;
  #lastTickMs = 0;
  #gaps: number[] = [];
  #next = 0;

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.url = `http://127.0.0.1:${listener.addr.port}/v1`;
    void this.#accept();
  }

  static start(): Provider {
    return new Provider(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  }

  /** An answer that will be given when somebody asks its question. */
  answer(pace: Pace): Answer {
    const answer = new Answer(this.#take(), pace);
    this.#answers.set(answer.index, answer);
    return answer;
  }

  /** A question that is answered with `text`, at once. */
  asking(text: string): string {
    const index = this.#take();
    this.#texts.set(index, text);
    return `bench ${index}.`;
  }

  /** Lets go of answers that are over. */
  forget(answers: readonly Answer[]): void {
    for (const { index } of answers) this.#answers.delete(index);
  }

  /** How long the loop was away from its work, each time since the last call: the generator's own delay. */
  takeGaps(): number[] {
    const gaps = this.#gaps;
    this.#gaps = [];
    return gaps;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#connections) conn.close();
    return Promise.resolve();
  }

  #take(): number {
    if (this.#answers.size + this.#texts.size >= KNOWN_MAX) throw new Error("The provider forgets nothing");
    return this.#next++;
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#connections.add(conn);
      // What goes wrong with one connection shows at the answer that it carried; the others go on.
      void this.#serve(conn).catch((error) => console.error("provider:", error)).finally(() => {
        if (this.#connections.delete(conn)) conn.close();
      });
    }
  }

  /** The requests of one connection, one after another. */
  async #serve(conn: Deno.Conn): Promise<void> {
    const wire = new Wire(conn);
    const next = () => wire.nextRequest().catch(() => null); // a connection that is reset has closed as well
    let request = await next();
    while (request !== null) { // until the other side closes
      const following = next();
      const index = questionIn(request.body);
      const [answer, text] = [this.#answers.get(index), this.#texts.get(index)];
      if (answer !== undefined) {
        answer.begin(conn);
        this.#pace(answer);
        void following.then((request) => request === null && answer.closed());
        await answer.over;
      } else if (text !== undefined) {
        await writeAll(conn, join(spoken(text)));
        this.#texts.delete(index);
      } else {
        await writeAll(
          conn,
          encoder.encode("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        );
      }
      request = await following;
    }
  }

  #pace(answer: Answer): void {
    if (answer.advance(performance.now())) this.#active.push(answer);
    if (this.#ticking) return;
    this.#ticking = true;
    this.#lastTickMs = performance.now();
    setTimeout(this.#tick, TICK_MS);
  }

  readonly #tick = (): void => {
    const nowMs = performance.now();
    this.#gaps.push(nowMs - this.#lastTickMs);
    this.#lastTickMs = nowMs;
    let kept = 0;
    for (const answer of this.#active) {
      if (answer.advance(nowMs)) this.#active[kept++] = answer;
    }
    this.#active.length = kept;
    this.#ticking = kept > 0;
    if (this.#ticking) setTimeout(this.#tick, TICK_MS);
  };
}

/** The number of the last question in a request's body; NaN when it asks none of ours. */
function questionIn(body: string): number {
  const at = body.lastIndexOf("bench ");
  return at < 0 ? NaN : Number.parseInt(body.slice(at + "bench ".length, at + "bench ".length + 12), 10);
}
