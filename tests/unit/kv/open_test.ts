import { assertEquals } from "@std/assert";
import { openKv } from "@/lib/kv/open.ts";
import { join, ROOT } from "../../support/paths.ts";

/** Opens the file that it is given and says so; as another process would. */
const OPENER = `
  import { openKv } from ${JSON.stringify(new URL("../../../lib/kv/open.ts", import.meta.url).href)};
  using kv = await openKv(Deno.args[0]);
  await kv.set(["from", Deno.pid], true);
`;

Deno.test("processes that open one new file in the same moment all get it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "throughline-open-" });
  try {
    const path = join(folder, "deeper/kv.db");
    const script = join(folder, "opener.ts");
    await Deno.writeTextFile(script, OPENER);
    const runs = Array.from({ length: 6 }, () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--config", join(ROOT, "deno.json"), script, path],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).output());
    for (const { success, stderr } of await Promise.all(runs)) {
      assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
    }
    using kv = await openKv(path);
    assertEquals((await Array.fromAsync(kv.list({ prefix: ["from"] }))).length, runs.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
