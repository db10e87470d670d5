import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { json } from "../../../../lib/http/respond.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    return json(await ctx.state.services.conversations.restore(userId, ctx.params.id ?? ""));
  },
});
