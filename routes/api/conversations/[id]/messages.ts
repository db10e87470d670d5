import { readBody } from "../../../../lib/http/body.ts";
import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { json } from "../../../../lib/http/respond.ts";
import { sendMessage } from "../../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const wanted = await readBody(ctx.req, sendMessage);
    return json(await ctx.state.services.send(userId, ctx.params.id ?? "", wanted, ctx.state.requestId), 202);
  },
});
