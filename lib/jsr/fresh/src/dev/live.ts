// Live reload: a page reloads when the server it came from has been replaced by another.
//   The development process restarts on every change (`deno run --watch`), so a new process is a new version.

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

const ALIVE = "/_frsh/alive";
/** The module that every page loads while developing. */
export const LIVE_SCRIPT = "/_frsh/live.js";

/** 600 tries at half a second are five minutes; whoever starts the server later reloads by hand. */
const SCRIPT = `let version;
let triesLeft = 600;
function connect() {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "${ALIVE}");
  socket.onmessage = ({ data }) => {
    if (version !== undefined && version !== data) location.reload();
    version = data;
    triesLeft = 600;
  };
  socket.onclose = () => { if (triesLeft-- > 0) setTimeout(connect, 500); };
}
connect();
`;

/** Answers what the pages ask of the development server; passes everything else on. */
export function withLiveReload(handler: Handler): Handler {
  const version = crypto.randomUUID();
  return (request, info) => {
    const { pathname } = new URL(request.url);
    if (pathname === LIVE_SCRIPT) {
      return Promise.resolve(new Response(SCRIPT, { headers: { "content-type": "text/javascript" } }));
    }
    if (pathname !== ALIVE) return handler(request, info);
    if (request.headers.get("upgrade") !== "websocket") {
      return Promise.resolve(new Response("Upgrade to a WebSocket", { status: 426 }));
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.send(version);
    return Promise.resolve(response);
  };
}
