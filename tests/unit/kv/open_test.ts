import { assertEquals } from "@std/assert";
import { openKv } from "@/lib/kv/open.ts";

Deno.test("openKv() makes the folder of its file, and what is stored there is found again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/not/yet/there/app.db`;
    (await openKv(path).then(async (kv) => (await kv.set(["k"], 1), kv))).close();
    using kv = await openKv(path);
    assertEquals((await kv.get(["k"])).value, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openKv() opens a store in memory without touching the disk", async () => {
  using kv = await openKv(":memory:");
  assertEquals((await kv.get(["k"])).value, null);
});
