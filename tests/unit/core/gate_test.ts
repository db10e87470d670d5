import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "@/lib/core/errors.ts";
import { Gate } from "@/lib/core/gate.ts";

Deno.test("so many are inside at once, the others come in their order, and too many are refused", async () => {
  const gate = new Gate(2, 2);
  const doors = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const entered: number[] = [];
  const passing = doors.map(({ promise }, i) =>
    gate.pass(() => {
      entered.push(i);
      return promise;
    })
  );
  assertEquals((await assertRejects(() => gate.pass(() => Promise.resolve(9)), AppError)).code, "limited");
  assertEquals(entered, [0, 1]);
  doors[1]!.resolve(1);
  assertEquals(await passing[1], 1);
  assertEquals(entered, [0, 1, 2]);
  // One that fails leaves as well.
  doors[0]!.reject(new Error("failed"));
  await assertRejects(() => passing[0]!, Error, "failed");
  assertEquals(entered, [0, 1, 2, 3]);
  assert(!gate.isIdle);
  doors[2]!.resolve(2);
  doors[3]!.resolve(3);
  assertEquals(await Promise.all([passing[2], passing[3]]), [2, 3]);
  assert(gate.isIdle);
});
