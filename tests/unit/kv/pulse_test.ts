import { assertEquals } from "@std/assert";
import { Pulse } from "@/lib/kv/pulse.ts";
import { set, Store } from "@/lib/kv/store.ts";
import { Metrics } from "@/lib/observe/metrics.ts";
import { systemClock } from "@/lib/core/time.ts";

function process(kv: Deno.Kv, id: string) {
  const pulse = new Pulse(id);
  const store = new Store(kv, new Metrics(), systemClock, { pulse });
  return {
    write: (value: number) => store.commit({ checks: [], writes: [set<number>(["k"], value)] }),
    beaten: () => pulse.beaten(store),
  };
}

Deno.test("a process hears of the commits of others, once each, and not of its own", async () => {
  using kv = await Deno.openKv(":memory:");
  const [here, there] = [process(kv, "here"), process(kv, "there")];
  assertEquals(await here.beaten(), false);
  await here.write(1);
  assertEquals(await here.beaten(), false);
  await there.write(2);
  assertEquals([await here.beaten(), await here.beaten()], [true, false]);
  assertEquals([await there.beaten(), await there.beaten()], [true, false]);
});
