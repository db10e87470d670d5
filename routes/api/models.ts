import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { ModelList } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    required(ctx.state);
    const { models } = ctx.state.services;
    const [list, defaultModel] = await Promise.all([models.list(), models.defaultModel()]);
    return json({ models: list, defaultModel } satisfies ModelList);
  },
});
