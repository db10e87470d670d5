import { download } from "../../lib/http/download.ts";
import { define } from "../../lib/http/define.ts";
import { required } from "../../lib/http/middleware.ts";

export const handler = define.handlers({
  GET(ctx) {
    const { services, requestId } = ctx.state;
    const { userId } = required(ctx.state);
    const name = `throughline-${new Date().toISOString().slice(0, 10)}.json`;
    return download(services, { userId, name, pieces: services.exported(userId), requestId });
  },
});
