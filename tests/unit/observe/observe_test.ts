import { assertEquals, assertMatch } from "@std/assert";
import { jsonLogger } from "@/lib/observe/log.ts";
import { sum } from "@/lib/parallel/workers.ts";
import { Metrics } from "@/lib/observe/metrics.ts";

Deno.test("a log line is one JSON object on one line, at or above the level", () => {
  const lines: string[] = [];
  const logger = jsonLogger("warn", (line) => lines.push(line));
  logger.log("info", "quiet");
  logger.log("warn", "loud", { cause: "two\nlines", nothing: undefined, n: 1 });
  assertEquals(lines.length, 1);
  assertEquals(lines[0]!.includes("\n"), false);
  const { time, ...rest } = JSON.parse(lines[0]!);
  assertMatch(time, /^\d{4}-\d\d-\d\dT/);
  assertEquals(rest, { level: "warn", event: "loud", cause: "two\nlines", n: 1 });
});

Deno.test("metrics count, go down, and are all in the text from the start", () => {
  const metrics = new Metrics();
  assertEquals(metrics.get("throughline_streams_open"), 0);
  metrics.add("throughline_streams_open", 3);
  metrics.add("throughline_streams_open", -1);
  const text = metrics.text();
  assertMatch(
    text,
    /^# HELP throughline_streams_open .+\n# TYPE throughline_streams_open gauge\nthroughline_streams_open 2$/m,
  );
  assertMatch(text, /^throughline_kv_commits_total 0$/m);
  assertEquals(text.endsWith("\n"), true);
});

Deno.test("O2: what is counted by label has a sample for each known value from the start, and none for another", () => {
  const metrics = new Metrics({ variants: ["plain", "brief"] });
  const samples = () =>
    metrics.text().split("\n").filter((line) => line.startsWith("throughline_answers_total{")).toSorted();
  const before = samples();
  assertEquals(before.length, 9);
  metrics.addFor("throughline_answers_total", { variant: "brief", outcome: "failed" }, 2);
  for (let i = 0; i < 1_000; i++) {
    metrics.addFor("throughline_answers_total", { variant: `made up ${i}`, outcome: "complete" }, 1);
  }
  metrics.addFor("throughline_answer_output_tokens_total", { variant: "plain" }, 70);
  assertEquals(samples().length, 9);
  const text = metrics.text();
  assertMatch(text, /^throughline_answers_total\{variant="brief",outcome="failed"\} 2$/m);
  assertMatch(text, /^throughline_answers_total\{variant="",outcome="complete"\} 1000$/m);
  assertMatch(text, /^throughline_answer_output_tokens_total\{variant="plain"\} 70$/m);
  assertEquals(metrics.getFor("throughline_answers_total", { variant: "brief", outcome: "failed" }), 2);
  assertEquals(text.match(/^# TYPE throughline_answers_total counter$/mg)?.length, 1);
});

Deno.test("a label says what its name is, whatever stands in it, and workers add it up", () => {
  const name = 'say "a\\b"\nand c=1 {x} 7';
  const [one, other] = [1, 2].map((by) => {
    const metrics = new Metrics({ variants: [name] });
    metrics.addFor("throughline_answers_total", { variant: name, outcome: "cancelled" }, by);
    return metrics.text();
  });
  const sample = String
    .raw`throughline_answers_total{variant="say \"a\\b\"\nand c=1 {x} 7",outcome="cancelled"}`;
  assertEquals(one!.split("\n").filter((line) => line.startsWith(sample)), [`${sample} 1`]);
  assertEquals(sum([one!, other!]).split("\n").filter((line) => line.startsWith(sample)), [`${sample} 3`]);
});
