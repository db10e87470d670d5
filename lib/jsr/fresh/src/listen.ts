// Listening on a port.

/** Where to listen. */
export type ListenOptions = Partial<Deno.ServeTcpOptions & Deno.TlsCertifiedKeyPem> & {
  remoteAddress?: string;
};

/** Ports tried where none is asked for: the documented default range. */
const PORT_FIRST = 8000;
const PORT_LAST = 8019;

type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

/** Serves on the port asked for, or on the first free one of the default range. */
export function serveOn(handler: Handler, options: ListenOptions): Deno.HttpServer {
  if (options.port !== undefined) return Deno.serve({ onListen: announce, ...options }, handler);
  for (let port = PORT_FIRST;; port++) {
    try {
      return Deno.serve({ onListen: announce, ...options, port }, handler);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || port === PORT_LAST) throw error;
    }
  }
}

function announce({ hostname, port }: Deno.NetAddr): void {
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  console.log(`Listening on http://${host.includes(":") ? `[${host}]` : host}:${port}/`);
}
