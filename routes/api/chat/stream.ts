import { streamed } from "../../../lib/http/answers.ts";
import { readBody } from "../../../lib/http/body.ts";
import { define } from "../../../lib/http/define.ts";
import { required } from "../../../lib/http/middleware.ts";
import { chat } from "../../../lib/http/schemas.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const identity = required(ctx.state);
    const { services, requestId } = ctx.state;
    return await streamed(services, identity, await readBody(ctx.req, chat), requestId);
  },
});
