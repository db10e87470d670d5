// The page without anybody's words in it: a browser keeps it for when there is no network, and fills it from what it
// has kept itself (`lib/client/offline.ts`). It is nobody's, so it makes no session.
import { page } from "fresh";
import { ChatPage } from "./(_page)/ChatPage.tsx";
import { define } from "../lib/http/define.ts";

export const handler = define.handlers({
  GET() {
    return page(undefined, { headers: { "cache-control": "no-store" } });
  },
});

export default define.page<typeof handler>(() => <ChatPage state={{}} />);
