import { define } from "../../../../../../lib/http/define.ts";
import { required } from "../../../../../../lib/http/middleware.ts";
import { json, noContent } from "../../../../../../lib/http/respond.ts";

export const handler = define.handlers({
  async PUT(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    await ctx.state.services.removeMessage(userId, id, messageId);
    return noContent();
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    return json(await ctx.state.services.restoreMessage(userId, id, messageId));
  },
});
