import { define } from "../../lib/http/define.ts";
import { mintSession, required } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { SessionCreated, SessionView } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  GET(ctx) {
    const { userId } = required(ctx.state);
    return json({ userId } satisfies SessionView);
  },
  async POST(ctx) {
    const { token, userId } = await mintSession(ctx);
    return json({ token, userId } satisfies SessionCreated, 201);
  },
});
