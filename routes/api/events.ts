import { define } from "../../lib/http/define.ts";
import { followTopics } from "../../lib/http/follow.ts";
import { required } from "../../lib/http/middleware.ts";

export const handler = define.handlers({
  GET(ctx) {
    return followTopics(ctx.state.services, required(ctx.state), ctx.url.searchParams.get("topics") ?? "");
  },
});
