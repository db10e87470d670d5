import { define } from "../../lib/http/define.ts";
import { followTopics } from "../../lib/http/follow.ts";
import { required } from "../../lib/http/middleware.ts";
import { messagesIn } from "../../lib/http/query.ts";

export const handler = define.handlers({
  GET(ctx) {
    const { services } = ctx.state;
    const topics = ctx.url.searchParams.get("topics") ?? "";
    return followTopics(services, required(ctx.state), topics, messagesIn(ctx.url, "last") ?? undefined);
  },
});
