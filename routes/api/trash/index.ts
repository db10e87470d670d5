import { define } from "../../../lib/http/define.ts";
import { required } from "../../../lib/http/middleware.ts";
import { json } from "../../../lib/http/respond.ts";
import type { Emptied, TrashPage } from "../../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const cursor = ctx.url.searchParams.get("cursor") ?? undefined;
    return json(await ctx.state.services.trash.page(userId, cursor) satisfies TrashPage);
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    return json(await ctx.state.services.trash.empty(userId) satisfies Emptied);
  },
});
