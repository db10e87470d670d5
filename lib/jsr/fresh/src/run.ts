// Running a request through middlewares, each of which may pass it on.
import type { Context } from "./context.ts";
import type { MaybeLazyMiddleware } from "./types.ts";

/** Runs `steps` from `at`, then `last`. A step that turns out to be a loader is replaced by what it loaded. */
export async function run<State>(
  steps: MaybeLazyMiddleware<State>[],
  ctx: Context<State>,
  last: () => Promise<Response>,
  at = 0,
): Promise<Response> {
  const step = steps[at];
  if (!step) return await last();
  const next = () => run(steps, ctx, last, at + 1);
  ctx.next = next;
  let result = await step(ctx);
  if (typeof result === "function") {
    steps[at] = result;
    ctx.next = next;
    result = await result(ctx);
  }
  if (result instanceof Response) return result;
  throw new TypeError(
    `Cannot answer ${ctx.req.method} ${ctx.url.pathname}: ${step.name || "a middleware"} returned ${
      result === undefined ? "undefined" : typeof result
    } instead of a Response`,
  );
}
