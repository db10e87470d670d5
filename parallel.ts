// What each worker of `deno serve --parallel` serves when `PARALLEL=1`: the app, which it makes for itself, behind a
// door. `main.ts` starts it; see `lib/parallel/`.
import { AppError } from "./lib/core/errors.ts";
import { randomId } from "./lib/core/ids.ts";
import { problem } from "./lib/http/respond.ts";
import { Door } from "./lib/parallel/door.ts";
import { supervisorGone } from "./lib/parallel/supervisor.ts";
import { builtHandler, drain, onListen, servedBy, workers } from "./main.ts";

const serve = await builtHandler();

const door = new Door(async (request, info) => {
  const response = await serve(request, info);
  if (workers === null || !response.ok || new URL(request.url).pathname !== "/metrics") return response;
  // One connection reaches one worker, and a monitor wants the process.
  await response.body?.cancel();
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "etag"]) headers.delete(name); // of one worker's text
  return new Response(await workers.counts(), { status: response.status, headers });
}, () => {
  const requestId = randomId();
  const response = problem(new AppError("draining", "This server is about to exit. Try again."), requestId);
  response.headers.set("x-request-id", requestId);
  return response;
});
servedBy(door);
void supervisorGone().then(() => drain("the end of its supervisor"));

export default { fetch: door.fetch, onListen } satisfies Deno.ServeDefaultExport;
