import { readBody, readQuery } from "../../../lib/http/body.ts";
import { define } from "../../../lib/http/define.ts";
import { required } from "../../../lib/http/middleware.ts";
import { json } from "../../../lib/http/respond.ts";
import { createConversation, listQuery } from "../../../lib/http/schemas.ts";
import type { RemovedAll } from "../../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const query = readQuery(ctx.url.searchParams, listQuery);
    return json(await ctx.state.services.conversations.page(userId, query));
  },
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const { conversations, models } = ctx.state.services;
    const wanted = await readBody(ctx.req, createConversation);
    const model = wanted.model ?? await models.defaultModel();
    await models.resolve(model);
    return json(await conversations.create(userId, { ...wanted, model }), 201);
  },
  async DELETE(ctx) {
    const { userId } = required(ctx.state);
    return json(await ctx.state.services.removeAll(userId) satisfies RemovedAll);
  },
});
