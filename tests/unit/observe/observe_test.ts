import { assertEquals, assertMatch } from "@std/assert";
import { jsonLogger } from "@/lib/observe/log.ts";
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
