import { page } from "fresh";
import { ChatPage } from "./(_page)/ChatPage.tsx";
import { define } from "../lib/http/define.ts";
import { mintSession } from "../lib/http/middleware.ts";

export const handler = define.handlers({
  async GET(ctx) {
    const { userId } = ctx.state.identity ?? await mintSession(ctx);
    return page(await ctx.state.services.page(userId, null), { headers: { "cache-control": "no-store" } });
  },
});

export default define.page<typeof handler>(({ data }) => <ChatPage state={data} />);
