// A provider that falls silent: the reader is told in time, and the socket is closed.
import { contract, each, ends, fails } from "./contract.ts";
import { almost, answered, end, headers, heard, opened, ping, raw, say, seen, silence } from "./steps.ts";

/** What is stored at OpenAI would go on, and cost. */
const CANCELLED = { asked: ["answer", "cancel"] } as const;

contract([
  {
    what: "no headers within the first byte's limit",
    wire: [silence("firstByteMs")],
    out: fails("timeout_first_byte", { retry: true, says: /within 60 s/ }),
  },
  {
    what: "headers, and no byte of the body within the first byte's limit",
    wire: [headers(), answered, silence("firstByteMs")],
    out: fails("timeout_first_byte", { retry: true }),
  },
  {
    what: "silence before the first word",
    by: "notes",
    wire: [opened, silence("idleMs")],
    out: each({
      others: fails("timeout_idle", { retry: true }),
      background: fails("timeout_idle", { retry: true, ...CANCELLED }),
    }),
  },
  {
    what: "silence in mid-answer",
    wire: [say("Half"), heard("Half"), silence("idleMs")],
    // What is stored is left to whoever goes on with it, or abandons it.
    out: fails("timeout_idle", { retry: true, text: "Half", says: /for 120 s/ }),
  },
  {
    what: "each word begins the silence anew",
    wire: [
      say("One"),
      heard("One"),
      almost("idleMs"),
      say(" two"),
      heard("One two"),
      almost("idleMs"),
      say(" three"),
      end(),
    ],
    out: ends("One two three"),
  },
  {
    what: "pings keep the connection of a model that thinks",
    by: "notes",
    wire: [
      say("Half"),
      heard("Half"),
      ...[1, 2, 3].flatMap((n) => [almost("idleMs"), ping, raw(`: mark ${n}\n\n`), seen(`mark ${n}`)]),
      say(" done"),
      end(),
    ],
    out: ends("Half done"),
  },
  {
    what: "words without an end, within the whole answer's limit",
    wire: [
      ...["1", "12", "123", "1234", "12345", "123456", "1234567"].flatMap((text) => [
        say(text.at(-1)!),
        heard(text),
        almost("idleMs"),
      ]),
      say("8"),
      heard("12345678"),
      silence("totalMs"),
    ],
    out: each({
      others: fails("timeout_total", { retry: false, text: "12345678", says: /within 15 min/ }),
      background: fails("timeout_total", { retry: false, text: "12345678", ...CANCELLED }),
    }),
  },
]);
