import { assertEquals } from "@std/assert";
import { goesIn } from "@/components/trash/when.ts";

Deno.test("M9: how long something stays in the trash is said in days, at the end in hours", () => {
  const hour = 3_600_000;
  const said = [-1, 0.5, 1.5, 47, 49, 24 * 11.2, 24 * 30].map((hours) => goesIn(hours * hour, 0));
  assertEquals(said, [
    "goes within the hour",
    "goes within the hour",
    "goes in 2 hours",
    "goes in 47 hours",
    "goes in 3 days",
    "goes in 12 days",
    "goes in 30 days",
  ]);
});
