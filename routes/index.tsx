import { page } from "fresh";
import { ChatPage } from "./(_page)/ChatPage.tsx";
import { define } from "../lib/http/define.ts";
import { mintSession } from "../lib/http/middleware.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { services, timing } = ctx.state;
    const { userId } = ctx.state.identity ?? await mintSession(ctx);
    const state = await services.page(userId, null);
    timing.begin("render");
    return page(state, { headers: { "cache-control": "no-store" } });
  },
});

export default define.page<typeof handler>(({ data, state }) => (
  <ChatPage state={data} device={state.device} />
));
