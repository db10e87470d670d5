import { define } from "../../../../../lib/http/define.ts";
import { required } from "../../../../../lib/http/middleware.ts";
import { json } from "../../../../../lib/http/respond.ts";
import type { PromptText } from "../../../../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", promptId = "" } = ctx.params;
    return json(await ctx.state.services.prompt(userId, id, promptId) satisfies PromptText);
  },
});
