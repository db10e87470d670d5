// Workers of one process, on a channel that delivers one message at a time.
import { assert, assertEquals } from "@std/assert";
import { type Channel, type Message, sum, Workers } from "@/lib/parallel/workers.ts";
import { FakeClock } from "../../support/clock.ts";

Deno.test("C1: when one worker is told to stop, all are, and one that joins later too", () => {
  const crew = new Crew();
  const [a, b, c] = [crew.join("a"), crew.join("b"), crew.join("c")];
  crew.deliver();
  a.workers.drain("SIGTERM");
  a.workers.drain("SIGTERM");
  crew.deliver();
  assertEquals([a.told, b.told, c.told], [[], ["SIGTERM"], ["SIGTERM"]]);
  const late = crew.join("late");
  crew.deliver();
  assertEquals(late.told, ["SIGTERM"]);
});

Deno.test("C2: a worker that has drained waits for the others, whoever is first", async () => {
  const crew = new Crew();
  const all = [crew.join("a"), crew.join("b"), crew.join("c")];
  crew.deliver();
  const ended: string[] = [];
  const promises = all.map(({ name, workers }, i) => ({
    finish: async () => {
      await workers.allDrained();
      ended.push(name);
    },
    i,
  }));
  const finished: Promise<void>[] = [];
  for (const { finish, i } of promises) {
    assertEquals(ended, [], `somebody ended when ${i} had drained`);
    finished.push(finish());
    crew.deliver();
    await turn();
  }
  await Promise.all(finished);
  assertEquals(ended.toSorted(), ["a", "b", "c"]);
});

Deno.test("C2: one that joins when another has drained knows it, and waits for nobody", async () => {
  const crew = new Crew();
  const early = crew.join("early");
  crew.deliver();
  await early.workers.allDrained();
  const late = crew.join("late");
  crew.deliver();
  await late.workers.allDrained();
});

Deno.test("C2: a worker alone waits for nobody", async () => {
  await new Crew().join("alone").workers.allDrained();
});

Deno.test("C3: the counts of all workers are one sum; questions that come together are asked once", async () => {
  const crew = new Crew();
  const [a, b, c] = [crew.join("a"), crew.join("b"), crew.join("c")];
  crew.deliver();
  [a.count, b.count, c.count] = [1, 20, 300];
  const texts = [a.workers.counts(), a.workers.counts(), b.workers.counts()];
  crew.deliver();
  for (const text of await Promise.all(texts)) assertEquals(text, "# TYPE n counter\nn 321\n");
  assertEquals(crew.sent.filter(({ type }) => type === "ask").length, 2);
  assertEquals(crew.clock.sleeping, 0);
});

Deno.test("C3: a worker that does not say counts as it last did, and makes nobody wait for long", async () => {
  const crew = new Crew();
  const [a, b] = [crew.join("a"), crew.join("b")];
  crew.deliver();
  [a.count, b.count] = [1, 20];
  const first = a.workers.counts();
  crew.deliver();
  await first;
  [a.count, b.count] = [2, 40];
  let text: string | null = null;
  const asked = a.workers.counts().then((said) => (text = said));
  await crew.clock.advance(100);
  assertEquals(text, null);
  await crew.clock.advance(1_000);
  await asked;
  assertEquals(text, "# TYPE n counter\nn 22\n");
  crew.deliver();
  assert(crew.clock.sleeping === 0);
});

Deno.test("sum() adds samples by name and labels, and keeps comments once", () => {
  const texts = [
    '# HELP n A count\n# TYPE n counter\nn{a="b c"} 1\nn{a="d"} 2.5\n\n',
    '# HELP n A count\n# TYPE n counter\nn{a="d"} 10\nn{a="b c"} 20\n\n',
  ];
  assertEquals(sum(texts), '# HELP n A count\n# TYPE n counter\nn{a="b c"} 21\nn{a="d"} 12.5\n\n');
  assertEquals(sum([texts[0]!]), texts[0]);
  // One that has not answered yet.
  assertEquals(sum([texts[0]!, ""]), texts[0]);
});

/** One worker, and what it was told. */
class Member {
  readonly told: string[] = [];
  count = 0;
  readonly workers: Workers;

  constructor(readonly name: string, channel: Channel, clock: FakeClock) {
    this.workers = new Workers({
      channel,
      clock,
      name,
      counts: () => `# TYPE n counter\nn ${this.count}\n`,
      onDrain: (why) => this.told.push(why),
    });
  }
}

/** Workers on one channel, which holds its messages until they are delivered. */
class Crew {
  readonly clock = new FakeClock();
  readonly sent: Message[] = [];
  readonly #channels: Channel[] = [];
  #waiting: { from: Channel; message: Message }[] = [];

  join(name: string): Member {
    const channel: Channel = {
      onmessage: null,
      postMessage: (message) => {
        this.sent.push(message);
        this.#waiting.push({ from: channel, message });
      },
    };
    this.#channels.push(channel);
    return new Member(name, channel, this.clock);
  }

  /** Delivers what waits, and what is said because of it. */
  deliver(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (const channel of this.#channels) {
        if (channel !== next.from) {
          channel.onmessage?.(new MessageEvent("message", { data: structuredClone(next.message) }));
        }
      }
    }
  }
}

/** Lets promises that are settled act. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
