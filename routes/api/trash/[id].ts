import { define } from "../../../lib/http/define.ts";
import { required } from "../../../lib/http/middleware.ts";
import { noContent } from "../../../lib/http/respond.ts";

export const handler = define.handlers({
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    await ctx.state.services.trash.purgeNow(userId, ctx.params.id ?? "");
    return noContent();
  },
});
