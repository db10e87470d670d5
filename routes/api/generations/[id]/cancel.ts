import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { json } from "../../../../lib/http/respond.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const id = ctx.params.id ?? "";
    await ctx.state.services.cancel(userId, id);
    return json(await ctx.state.services.generation(userId, id), 202);
  },
});
