// A stop at every stage of an answer: the socket is closed at once, and what came before stays.
import { assertEquals } from "@std/assert";
import type { Provider } from "@/lib/models/provider.ts";
import { type AdapterName, ADAPTERS } from "../support/adapters.ts";
import { FakeClock } from "../support/clock.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake_provider/mod.ts";
import { choice } from "../support/fake_provider/wire_formats.ts";
import { call, hear, nextText, REQUEST, soon } from "../support/hearing.ts";
import {
  absent,
  type Asked,
  askedBy,
  contract,
  each,
  ends,
  keeping,
  nothingLeft,
  stops,
  watched,
} from "./contract.ts";
import {
  again,
  almost,
  answered,
  cancel,
  end,
  headers,
  heard,
  opened,
  over,
  raw,
  refuse,
  say,
  seen,
  think,
  thought,
} from "./steps.ts";

/** Closing does not stop what is stored at OpenAI, once it has a name to be stopped by. */
function andCancels(text: string, reasoning = "") {
  return each({
    others: stops(text, { reasoning }),
    background: stops(text, { reasoning, asked: ["answer", "cancel"] }),
  });
}

contract([
  { what: "M2: a stop while the headers are awaited", wire: [cancel], out: stops("") },
  {
    what: "M2: a stop long after the request, still without headers",
    wire: [almost("firstByteMs"), cancel],
    out: stops(""),
  },
  {
    what: "M2: a stop after the headers, before a byte of the body",
    wire: [headers(), answered, cancel],
    out: stops(""),
  },
  {
    what: "M2: a stop in the body of an error",
    wire: [headers(503, "application/json"), answered, cancel],
    out: stops(""),
  },
  {
    what: "M2: a stop while a request that was refused is made once more",
    wire: each({
      compatible: [refuse(400, "invalid_request_error"), again, cancel],
      others: absent("they ask once"),
    }),
    out: stops("", { asked: ["answer", "answer"] }),
  },
  {
    what: "M2: a stop after the opening events, before the first word",
    by: "notes",
    wire: [opened, cancel],
    out: andCancels(""),
  },
  {
    what: "M2: a stop among the thoughts",
    wire: [think("Hmm"), thought("Hmm"), cancel],
    out: andCancels("", "Hmm"),
  },
  {
    what: "M2: a stop in mid-answer, after which nothing more is heard",
    wire: [say("Half"), heard("Half"), cancel, say(" more"), end()],
    out: andCancels("Half"),
  },
  {
    what: "M2: a stop after the last word, before the terminal event",
    wire: [say("All"), heard("All"), cancel],
    out: andCancels("All"),
  },
  {
    what: "M2: a stop in a stall",
    wire: [say("Half"), heard("Half"), almost("idleMs"), cancel],
    out: andCancels("Half"),
  },
  {
    what: "M2: a stop between the end and its usage",
    by: "notes",
    wire: each({
      compatible: [say("All"), raw(choice({}, "stop"), ": ended\n\n"), seen(": ended"), cancel],
      others: absent("the end tells the usage"),
    }),
    out: stops("All"),
  },
  {
    what: "a stop after the end changes nothing",
    wire: [say("All"), end(), over, cancel],
    out: ends("All"),
  },
]);

// What is not a matter of the wire: when it is stopped, and by whom.
for (const { name, api, make } of ADAPTERS) {
  const test = (
    what: string,
    expected: { [K in AdapterName]?: readonly Asked[] } & { others: readonly Asked[] },
    fn: (scene: { fake: FakeProvider; provider: Provider }) => Promise<void>,
  ) =>
    watched(`${what} (${name})`, async () => {
      await using fake = startFakeProvider();
      const clock = new FakeClock();
      const responses: Promise<Response>[] = [];
      const provider = make({
        baseURL: fake.baseURL(api),
        clock,
        fetch: keeping(responses),
      });
      await fn({ fake, provider });
      await nothingLeft(fake, clock, responses);
      assertEquals(fake.exchanges.map(askedBy), expected[name] ?? expected.others);
    });

  test("M2: a stop before the request, which is then not made", { others: [] }, async ({ provider }) => {
    const { error } = await soon(hear(provider.stream(REQUEST, AbortSignal.abort("early"))));
    assertEquals(error, "early");
  });

  const drained = { others: ["answer"] } as const; // and what is stored is left to the next
  test("M2: a stop while nobody pulls closes the socket at once", drained, async ({ fake, provider }) => {
    const stop = new AbortController();
    const stream = provider.stream(REQUEST, stop.signal)[Symbol.asyncIterator]();
    const first = nextText(stream);
    const exchange = await fake.next();
    await exchange.send("Half");
    assertEquals(await soon(first), "Half");
    stop.abort("drain");
    await soon(exchange.closed); // nobody has pulled since
    assertEquals((await soon(hear({ [Symbol.asyncIterator]: () => stream }))).error, "drain");
  });

  const left = { others: ["answer"], background: ["answer", "cancel"] } as const; // nobody comes back for it
  test("a reader that leaves closes the socket at once", left, async ({ fake, provider }) => {
    const stream = provider.stream(REQUEST, new AbortController().signal)[Symbol.asyncIterator]();
    const first = nextText(stream);
    const exchange = await fake.next();
    await exchange.send("Half");
    assertEquals(await soon(first), "Half");
    await stream.return?.();
    await soon(exchange.closed);
    await soon(exchange.stored?.cancelled ?? exchange.closed);
  });

  const many = { others: [1, 2, 3, 4, 5].map(() => "answer" as const) };
  test("many calls run at once, each with its own answer", many, async ({ fake, provider }) => {
    fake.auto = { tokens: 5 };
    const all = await soon(Promise.all(many.others.map(() => call(provider))));
    for (const { text, usage } of all) assertEquals([text, usage?.outputTokens], ["1 2 3 4 5", 5]);
  });
}
