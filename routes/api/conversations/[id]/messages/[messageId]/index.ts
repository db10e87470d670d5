import { readBody } from "../../../../../../lib/http/body.ts";
import { define } from "../../../../../../lib/http/define.ts";
import { required } from "../../../../../../lib/http/middleware.ts";
import { json, noContent } from "../../../../../../lib/http/respond.ts";
import { editMessage } from "../../../../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async PATCH(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    const { text } = await readBody(ctx.req, editMessage);
    return json(await ctx.state.services.editMessage(userId, id, messageId, text));
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    await ctx.state.services.removeQueued(userId, id, messageId);
    return noContent();
  },
});
