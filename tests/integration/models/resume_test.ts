// OpenAI's stored responses: an answer that goes on where another process left it, and one that is stopped.
import { assert, assertEquals } from "@std/assert";
import { recourse } from "@/lib/models/failure.ts";
import { openai } from "@/lib/models/openai.ts";
import { DEADLINES } from "@/lib/resilience/deadline.ts";
import { open, readTo, stored } from "./stored.ts";
import { KEY } from "../../support/adapters.ts";
import { errorOf, hear, nextText, REQUEST, soon } from "../../support/hearing.ts";

stored(
  "a response is stored only where it is asked for, and then it can be resumed",
  async ({ fake, clock, make }) => {
    const plain = openai({ baseURL: fake.baseURL("responses"), apiKey: KEY, clock });
    assertEquals([plain.resume, typeof make().resume], [undefined, "function"]);
    for (const [provider, store] of [[plain, false], [make(), true]] as const) {
      const heard = hear(provider.stream(REQUEST, new AbortController().signal));
      const exchange = await fake.next();
      await exchange.send("All");
      await exchange.end();
      assertEquals((await heard).checkpoint !== undefined, store);
    }
  },
);

stored(
  "M3: what follows a checkpoint is exactly what is missing, with its usage once",
  async ({ fake, make }) => {
    const dying = new AbortController();
    const first = open(make(), dying.signal);
    const begun = readTo(first, "One two");
    const exchange = await fake.next();
    exchange.usage({ fresh: 7, output: 5 });
    await exchange.send("One");
    await exchange.send(" two");
    const checkpoint = await begun;
    dying.abort("fenced");
    await soon(exchange.closed);
    await exchange.send(" three"); // while nobody listens

    const rest = hear(make().resume!(checkpoint, new AbortController().signal));
    const again = await fake.next();
    assertEquals([again.method, new URL(again.path, fake.url).searchParams.get("stream")], ["GET", "true"]);
    await exchange.send(" four");
    await exchange.end();
    const { text, usage, end } = await soon(rest);
    assertEquals([text, end], [" three four", { type: "end" }]);
    assertEquals(usage, { inputTokens: 7, outputTokens: 5 });
    assertEquals(fake.exchanges.filter(({ method }) => method === "POST").length, 1);
  },
);

stored(
  "M3: it can be resumed from every one of its events, and from a resumed one again",
  async ({ fake, make }) => {
    const whole = open(make());
    const checkpoints: { checkpoint: string; text: string }[] = [];
    const reading = (async () => {
      for (let text = "";;) {
        const { value, done } = await whole.next();
        if (done) return;
        if (value.type === "text") text += value.text;
        if (value.type === "checkpoint") checkpoints.push({ checkpoint: value.checkpoint, text });
      }
    })();
    const exchange = await fake.next();
    const tokens = ["Half of \ud83d", "\ude80 a pair", ", and", " more"]; // no checkpoint lies within a character
    for (const token of tokens) await exchange.send(token);
    await exchange.end();
    await soon(reading);
    assert(checkpoints.length >= tokens.length, "the opening events count too");
    for (const { checkpoint, text } of checkpoints) {
      const rest = await soon(hear(make().resume!(checkpoint, new AbortController().signal)));
      assertEquals(text + rest.text, tokens.join(""));
      if (rest.checkpoint === undefined) continue;
      const last = await soon(hear(make().resume!(rest.checkpoint, new AbortController().signal)));
      assertEquals([last.text, last.end], ["", { type: "end" }], "nothing is left but the end");
    }
  },
);

stored("a refusal that was cut in two is told as a whole", async ({ fake, make }) => {
  const first = open(make());
  const checkpoint = readTo(first, "");
  const exchange = await fake.next();
  await exchange.start();
  const from = await checkpoint;
  await exchange.end("refusal");
  const whole = errorOf(await hear({ [Symbol.asyncIterator]: () => first }));
  const resumed = errorOf(await soon(hear(make().resume!(from, new AbortController().signal))));
  assertEquals([resumed.code, resumed.message], ["provider_refused", whole.message]);
});

stored("a resumed response is cancelled too", async ({ fake, make }) => {
  const dying = new AbortController();
  const stream = open(make(), dying.signal);
  const first = readTo(stream, "Half");
  const exchange = await fake.next();
  await exchange.send("Half");
  const checkpoint = await first;
  dying.abort("drain");
  const controller = new AbortController();
  const rest = make().resume!(checkpoint, controller.signal)[Symbol.asyncIterator]();
  const more = nextText(rest);
  await fake.next();
  await exchange.send(" done");
  assertEquals(await soon(more), " done");
  assertEquals(exchange.stored!.isCancelled, false, "who drains leaves it to the next");
  controller.abort("cancelled");
  await soon(exchange.stored!.cancelled);
});

stored(
  "a cancel that the vendor does not take is reported, without the key, and never thrown",
  async ({ fake, make, clock, told }) => {
    const controller = new AbortController();
    const stream = open(make(), controller.signal);
    const first = readTo(stream, "Half");
    const exchange = await fake.next();
    await exchange.send("Half");
    await first;
    fake.forget();
    controller.abort("cancelled");
    const cancelling = await fake.next();
    await soon(cancelling.closed);
    await hear({ [Symbol.asyncIterator]: () => stream });
    const report = await soon(told);
    assert(report.includes("may go on at OpenAI") && !report.includes(KEY), report);
    assertEquals(clock.sleeping, 0);
  },
);

stored(
  "what the vendor has forgotten, and what is no checkpoint, is provider_rejected",
  async ({ fake, make }) => {
    const CHECKPOINTS = [
      JSON.stringify({ id: "resp_gone", after: 3 }),
      JSON.stringify({ id: "../../models", after: 3 }),
      JSON.stringify({ id: "resp_1", after: -1 }),
      "null",
      "12",
      "",
    ];
    for (const checkpoint of CHECKPOINTS) {
      const heard = await soon(hear(make().resume!(checkpoint, new AbortController().signal)));
      assertEquals(errorOf(heard).code, "provider_rejected", checkpoint);
    }
    assertEquals(fake.exchanges.length, 1, "only the first is worth a question");
  },
);

stored("what has failed at the vendor cannot be gone on with: provider_rejected", async ({ fake, make }) => {
  const begun = hear(make().stream(REQUEST, new AbortController().signal));
  const exchange = await fake.next();
  await exchange.send("Half");
  await exchange.error("server_error");
  const { checkpoint, ...first } = await soon(begun);
  assertEquals(errorOf(first).code, "provider_failed");
  const resumed = await soon(hear(make().resume!(checkpoint!, new AbortController().signal)));
  assertEquals([errorOf(resumed).code, recourse(resumed.error).again], ["provider_rejected", false]);
});

stored("what fails while it is gone on with says why, once something was said", async ({ fake, make }) => {
  const dying = new AbortController();
  const begun = readTo(open(make(), dying.signal), "Half");
  const exchange = await fake.next();
  await exchange.send("Half");
  const checkpoint = await begun;
  dying.abort("drain");
  const rest = hear(make().resume!(checkpoint, new AbortController().signal));
  await fake.next();
  await exchange.send(" more");
  await exchange.error("server_error");
  const heard = await soon(rest);
  assertEquals([heard.text, errorOf(heard).code], [" more", "provider_failed"]);
});

stored(
  "a resumed stream has the deadlines and the failures of a first one",
  async ({ fake, make, clock }) => {
    const stream = open(make());
    const first = readTo(stream, "Half");
    const exchange = await fake.next();
    await exchange.send("Half");
    const checkpoint = await first;

    const silent = hear(make().resume!(checkpoint, new AbortController().signal));
    const stalled = await fake.next();
    await clock.advance(DEADLINES.firstByteMs);
    assertEquals(errorOf(await soon(silent)).code, "timeout_first_byte");
    await soon(stalled.closed);

    await stream.return?.();
  },
);

stored("P6: what nobody will come back for is cancelled by its checkpoint alone", async ({ fake, make }) => {
  const dying = new AbortController();
  const begun = readTo(open(make(), dying.signal), "Half");
  const exchange = await fake.next();
  await exchange.send("Half");
  const checkpoint = await begun;
  dying.abort("fenced");
  await soon(exchange.closed);
  await soon(make().abandon!(checkpoint));
  const cancelled = fake.exchanges.filter(({ method, path }) =>
    method === "POST" && path.endsWith("/cancel")
  );
  assertEquals(cancelled.length, 1);
  await make().abandon!("no checkpoint of ours"); // and what is none is left alone
  assertEquals(fake.exchanges.length, 2);
});
