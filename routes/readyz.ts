import { define } from "../lib/http/define.ts";
import { json } from "../lib/http/respond.ts";

/** KV answers and this process takes work; 503 otherwise. */
export const handler = define.handlers({
  async GET(ctx) {
    await ctx.state.services.ready();
    return json({ status: "ok" });
  },
});
