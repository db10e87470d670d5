import { readBody } from "../../../../../../lib/http/body.ts";
import { define } from "../../../../../../lib/http/define.ts";
import { required } from "../../../../../../lib/http/middleware.ts";
import { json } from "../../../../../../lib/http/respond.ts";
import { rateMessage } from "../../../../../../lib/http/schemas.ts";
import type { Message } from "../../../../../../lib/protocol/message.ts";

export const handler = define.handlers({
  async PUT(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    const wanted = await readBody(ctx.req, rateMessage);
    return json(await ctx.state.services.rate(userId, id, messageId, wanted) satisfies Message);
  },
});
