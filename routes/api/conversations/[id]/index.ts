import { readBody } from "../../../../lib/http/body.ts";
import { define } from "../../../../lib/http/define.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { messagesIn } from "../../../../lib/http/query.ts";
import { json, noContent } from "../../../../lib/http/respond.ts";
import { patchConversation } from "../../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const last = messagesIn(ctx.url, "last") ?? undefined;
    return json(await ctx.state.services.snapshot(userId, ctx.params.id ?? "", last));
  },
  async PATCH(ctx) {
    const { userId } = required(ctx.state);
    const { conversations, models } = ctx.state.services;
    const wanted = await readBody(ctx.req, patchConversation);
    if (wanted.model !== undefined) await models.resolve(wanted.model);
    return json(await conversations.patch(userId, ctx.params.id ?? "", wanted));
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    await ctx.state.services.conversations.remove(userId, ctx.params.id ?? "");
    return noContent();
  },
});
