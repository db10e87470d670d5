import { define } from "../../../../lib/http/define.ts";
import { cursorOf, followConversation } from "../../../../lib/http/follow.ts";
import { required } from "../../../../lib/http/middleware.ts";
import { messagesIn } from "../../../../lib/http/query.ts";

export const handler = define.handlers({
  GET(ctx) {
    const { services } = ctx.state;
    const cursor = cursorOf(ctx.req, ctx.url);
    const last = messagesIn(ctx.url, "last") ?? undefined;
    return followConversation(services, required(ctx.state), ctx.params.id ?? "", cursor, last);
  },
});
