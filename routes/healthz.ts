import { define } from "../lib/http/define.ts";
import { json } from "../lib/http/respond.ts";

/** The process is alive: it answers. */
export const handler = define.handlers({ GET: () => json({ status: "ok" }) });
