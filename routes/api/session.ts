import { define } from "../../lib/http/define.ts";
import { mintSession } from "../../lib/http/middleware.ts";
import { json } from "../../lib/http/respond.ts";
import type { SessionCreated } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { token, userId } = await mintSession(ctx);
    return json({ token, userId } satisfies SessionCreated, 201);
  },
});
