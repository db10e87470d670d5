import { readBody } from "../../lib/http/body.ts";
import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import { patchPreferences } from "../../lib/http/schemas.ts";
import type { Preferences } from "../../lib/protocol/preferences.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = required(ctx.state);
    return json(await ctx.state.services.preferences(userId) satisfies Preferences);
  },
  async PATCH(ctx) {
    const { userId } = required(ctx.state);
    const wanted = await readBody(ctx.req, patchPreferences);
    return json(await ctx.state.services.patchPreferences(userId, wanted) satisfies Preferences);
  },
});
