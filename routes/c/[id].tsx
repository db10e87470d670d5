import { page } from "fresh";
import { ChatPage } from "../(_page)/ChatPage.tsx";
import { AppError } from "../../lib/core/errors.ts";
import { define } from "../../lib/http/define.ts";
import { LAST_MESSAGES } from "../../lib/protocol/api.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { services, identity, timing } = ctx.state;
    if (identity === null) {
      throw new AppError("not_found", "There is no such conversation, or it is not yours.");
    }
    // Whoever has no scripts loads nothing later: they may have all of it at once.
    const last = ctx.url.searchParams.has("all") ? undefined : LAST_MESSAGES;
    const state = await services.page(identity.userId, ctx.params.id ?? "", last);
    timing.begin("render");
    return page(state, { headers: { "cache-control": "no-store" } });
  },
});

export default define.page<typeof handler>(({ data, state }) => (
  <ChatPage state={data} device={state.device} />
));
