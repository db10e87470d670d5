import { assert, assertEquals, assertThrows } from "@std/assert";
import { linePlot } from "../../../bench/figures/plot.ts";
import { percentile, runs, Samples, spread } from "../../../bench/figures/stats.ts";

Deno.test("percentiles are by nearest rank, whatever the order of the samples", () => {
  const samples = new Samples();
  for (let i = 0; i < 2_000; i++) samples.add((i * 7) % 2_000 + 1);
  assertEquals(spread(samples.values), { count: 2_000, p50: 1_000, p95: 1_900, p99: 1_980, max: 2_000 });
  assertEquals(percentile([4], 0.01), 4);
  assertThrows(() => percentile([], 0.5), RangeError);
});

Deno.test("the median of an even number of runs is between the two in the middle", () => {
  assertEquals(runs([9, 1, 3]), { median: 3, min: 1, max: 9 });
  assertEquals(runs([9, 1, 3, 5]), { median: 4, min: 1, max: 9 });
  assertEquals(runs([2]), { median: 2, min: 2, max: 2 });
});

Deno.test("a plot has a point for each value, equal distances for equal factors, and its names escaped", () => {
  const svg = linePlot({
    title: "a < b",
    x: { label: "x", log: true },
    y: { label: "y", log: true },
    series: [
      { name: "one & two", points: [[1, 1], [10, 10], [100, 100]] },
      { name: "", points: [[1, 1], [100, 1]], dashed: true },
    ],
  });
  const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((
    [, x, y],
  ) => [Number(x), Number(y)]);
  assertEquals(points.length, 5);
  const [[x1, y1], [x2, y2], [x3, y3]] = points as [number[], number[], number[]];
  assert(Math.abs((x2! - x1!) - (x3! - x2!)) < 0.2 && Math.abs((y1! - y2!) - (y2! - y3!)) < 0.2, svg);
  assert(svg.includes("a &lt; b") && svg.includes("one &amp; two"), svg);
  // The line without a name has the colour of the one before it.
  assertEquals(new Set([...svg.matchAll(/stroke="(#\w{6})"/g)].map(([, colour]) => colour)).size, 1);
  assertThrows(() =>
    linePlot({
      title: "",
      x: { label: "", log: true },
      y: { label: "" },
      series: [{ name: "a", points: [[0, 1]] }],
    })
  );
});
