// Paths, from Node's standard library, which every Deno carries.
import { join } from "node:path";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

export { fileURLToPath as fromFileUrl, join, tmpdir };

/** The folder of deno.json. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
