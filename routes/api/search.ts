import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { SearchPage } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const q = ctx.url.searchParams.get("q") ?? "";
    const cursor = ctx.url.searchParams.get("cursor") ?? undefined;
    return json(await ctx.state.services.search(userId, q, cursor) satisfies SearchPage);
  },
});
