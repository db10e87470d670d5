import { readBody } from "../../../../lib/http/body.ts";
import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { messagesIn, whereIn } from "../../../../lib/http/query.ts";
import { json, noContent } from "../../../../lib/http/respond.ts";
import { sendMessage } from "../../../../lib/http/schemas.ts";
import { LAST_MESSAGES, type MessagePage } from "../../../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const where = whereIn(ctx.url);
    const limit = messagesIn(ctx.url, "limit") ?? LAST_MESSAGES;
    const page = await ctx.state.services.messages(userId, ctx.params.id ?? "", where, limit);
    return json(page satisfies MessagePage);
  },
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const wanted = await readBody(ctx.req, sendMessage);
    return json(await ctx.state.services.send(userId, ctx.params.id ?? "", wanted, ctx.state.requestId), 202);
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    await ctx.state.services.clear(userId, ctx.params.id ?? "");
    return noContent();
  },
});
