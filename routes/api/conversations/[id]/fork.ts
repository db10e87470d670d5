import { readBody } from "../../../../lib/http/body.ts";
import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { json } from "../../../../lib/http/respond.ts";
import { fork } from "../../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const wanted = await readBody(ctx.req, fork);
    return json(await ctx.state.services.fork(userId, ctx.params.id ?? "", wanted), 201);
  },
});
