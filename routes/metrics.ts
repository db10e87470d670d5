import { define } from "../lib/http/define.ts";

/** Prometheus text. Holds counts only, nothing of any person. */
export const handler = define.handlers({
  GET(ctx) {
    return new Response(ctx.state.services.metrics.text(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" },
    });
  },
});
