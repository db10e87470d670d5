// Work that may wait until the page has nothing better to do.

/** A page that streams is never idle for long; then it is done all the same. */
const WAIT_MS_MAX = 2_000;
/** Where nobody tells of idle time: some time after what is under way. */
const PAUSE_MS = 100;

/** Does `work` when there is time for it, each in a time of its own. Returns what prevents it. */
export function whenIdle(work: () => void | Promise<void>, failed: () => void = () => {}): () => void {
  const run = () => {
    const done = work();
    if (done !== undefined) done.catch(failed);
  };
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(run, PAUSE_MS);
    return () => clearTimeout(timer);
  }
  const id = requestIdleCallback(run, { timeout: WAIT_MS_MAX });
  return () => cancelIdleCallback(id);
}
