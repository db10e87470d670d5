import { define } from "../lib/http/define.ts";
import { json } from "../lib/http/respond.ts";

/** The process is alive: it answers. Models that it leaves alone for a while are named. */
export const handler = define.handlers({ GET: async (ctx) => json(await ctx.state.services.health()) });
