import { readBody } from "../../../lib/http/body.ts";
import { define } from "../../../lib/http/define.ts";
import { required } from "../../../lib/http/middleware.ts";
import { json } from "../../../lib/http/respond.ts";
import { bulk } from "../../../lib/http/schemas.ts";
import type { BulkDone } from "../../../lib/protocol/api.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const wanted = await readBody(ctx.req, bulk);
    return json({ results: await ctx.state.services.bulk(userId, wanted) } satisfies BulkDone);
  },
});
