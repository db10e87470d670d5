import { readBody } from "../../../../../lib/http/body.ts";
import { define } from "../../../../../lib/http/define.ts";
import { required } from "../../../../../lib/http/middleware.ts";
import { json } from "../../../../../lib/http/respond.ts";
import { editSummary } from "../../../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async PUT(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    const { text } = await readBody(ctx.req, editSummary);
    return json(await ctx.state.services.editSummary(userId, id, messageId, text));
  },
});
