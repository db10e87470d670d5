import { page } from "fresh";
import { ChatPage } from "../(_page)/ChatPage.tsx";
import { AppError } from "../../lib/core/errors.ts";
import { define } from "../../lib/http/define.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { services, identity, timing } = ctx.state;
    if (identity === null) {
      throw new AppError("not_found", "There is no such conversation, or it is not yours.");
    }
    const state = await services.page(identity.userId, ctx.params.id ?? "");
    timing.begin("render");
    return page(state, { headers: { "cache-control": "no-store" } });
  },
});

export default define.page<typeof handler>(({ data, state }) => (
  <ChatPage state={data} device={state.device} />
));
