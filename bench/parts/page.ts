// What a page costs: its first byte, the server's CPU, its bytes.
import type { Bench, Section } from "../bench.ts";
import { cpuSeconds } from "../figures/cpu.ts";
import { type Spread, spread } from "../figures/stats.ts";
import { table } from "../figures/table.ts";
import { addressOf, request, Wire } from "../generator/http.ts";
import { newConversation, type RunningApp, startApp } from "../targets/throughline.ts";
import type { Api } from "../../tests/support/api.ts";
import { markdownAnswer } from "./markdown.ts";

/** Unmeasured: the first ones pay for compiling. */
const WARMUP = 20;
/** Questions and answers. */
const MESSAGES = 100;
const GOAL_CPU_MS = 20;

interface Page {
  what: string;
  firstByteMs: Spread;
  cpuMs: number | null;
  bytes: number;
  /** Over the wire, for who accepts an encoding. */
  encodedBytes: number;
  encoding: string;
  serverTiming: string;
  goalCpuMs: number | null;
}

export async function page({ provider, options, progress }: Bench): Promise<Section> {
  const messages = options.quick ? 6 : MESSAGES;
  const runs = options.quick ? 10 : 200;
  await using app = await startApp(provider, { name: "page", env: {} });
  const api = await app.session();
  const { id } = await newConversation(api);
  progress(`a conversation of ${messages} messages, and its page`);
  for (let i = 0; i < messages / 2; i++) {
    const { reply } = await api.send(id, { text: provider.asking(markdownAnswer(i)) });
    const { status, parts } = await api.finished(id, reply.messageId);
    const said = parts.map((part) => part.type === "text" ? part.text : "").join("");
    if (status !== "complete" || said !== markdownAnswer(i)) {
      throw new Error(`Answer ${i} is not what was sent`);
    }
  }
  const pages = [
    await measured(app, api, "GET /", "/", runs, null),
    await measured(app, api, `GET /c/:id, ${messages} messages`, `/c/${id}`, runs, GOAL_CPU_MS),
  ];
  return {
    title: "Pages",
    text: table(
      [
        "page",
        "first byte p50 ms",
        "p99 ms",
        "server CPU ms",
        "goal",
        "bytes",
        "over the wire",
        "Server-Timing",
      ],
      pages.map(({ what, firstByteMs, cpuMs, bytes, encodedBytes, encoding, serverTiming, goalCpuMs }) => [
        what,
        firstByteMs.p50.toFixed(1),
        firstByteMs.p99.toFixed(1),
        cpuMs?.toFixed(1) ?? "–",
        goalCpuMs === null || cpuMs === null
          ? ""
          : `< ${goalCpuMs} ms${cpuMs < goalCpuMs ? "" : " (missed)"}`,
        bytes.toLocaleString("en"),
        `${encodedBytes.toLocaleString("en")} (${encoding})`,
        serverTiming,
      ]),
    ),
  };
}

async function measured(
  app: RunningApp,
  { cookie }: Api,
  what: string,
  path: string,
  runs: number,
  goalCpuMs: number | null,
): Promise<Page> {
  using wire = await Wire.connect(addressOf(app.url));
  const plain = request("GET", path, { cookie });
  const get = async (bytes: Uint8Array) => {
    const beganMs = performance.now();
    const received = await wire.exchange(bytes);
    if (received.status !== 200) throw new Error(`GET ${path} answered ${received.status}`);
    return { ...received, ms: received.firstByteMs - beganMs };
  };
  for (let i = 0; i < WARMUP; i++) await get(plain);
  const before = cpuSeconds(app.pids);
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push((await get(plain)).ms);
  const after = cpuSeconds(app.pids);
  const { body, headers } = await get(plain);
  const encoded = await get(request("GET", path, { cookie, "accept-encoding": "gzip, br" }));
  return {
    what,
    firstByteMs: spread(times),
    cpuMs: before === null || after === null ? null : (after - before) * 1_000 / runs,
    bytes: body.length,
    encodedBytes: encoded.body.length,
    encoding: encoded.headers.get("content-encoding") ?? "not compressed",
    serverTiming: headers.get("server-timing") ?? "none",
    goalCpuMs,
  };
}
