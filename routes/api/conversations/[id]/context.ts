import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { json } from "../../../../lib/http/respond.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const model = ctx.url.searchParams.get("model") ?? undefined;
    return json(await ctx.state.services.contextUse(userId, ctx.params.id ?? "", model));
  },
});
