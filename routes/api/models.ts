import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { ModelList } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    required(ctx.state);
    return json(await ctx.state.services.models.all() satisfies ModelList);
  },
});
