// When a server has let go of its readers.
import type { TestApp } from "../../support/app.ts";

/** The end of a socket takes milliseconds to arrive; this much is a leak. */
const SETTLED_MS_MAX = 5_000;

/** Resolves when no stream is open and no topic watched: the sockets' ends arrive in their own time. */
export async function settled(app: TestApp): Promise<void> {
  const deadline = performance.now() + SETTLED_MS_MAX;
  for (;;) {
    const open = await app.metric("throughline_streams_open");
    const watched = await app.metric("throughline_topics_watched");
    if (open === 0 && watched === 0) return;
    if (performance.now() > deadline) throw new Error(`${open} streams and ${watched} topics are left`);
  }
}
