import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { UsageReport } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const from = ctx.url.searchParams.get("from") ?? undefined;
    const to = ctx.url.searchParams.get("to") ?? undefined;
    return json(await ctx.state.services.usage(userId, { from, to }) satisfies UsageReport);
  },
});
