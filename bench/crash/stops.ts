// Stop, pressed at one process for a job that runs in another.
import { Api } from "../../tests/support/api.ts";
import { ask, Cluster } from "../../tests/support/cluster.ts";
import { type Spread, spread } from "../figures/stats.ts";

/** From the press, in mid-answer, until the provider sees its request closed. */
export async function stopped(stops: number): Promise<Spread> {
  await using cluster = await Cluster.start({ processes: 2 });
  const here = await Api.session(cluster.server(0).url);
  const there = here.at(cluster.server(1).url);
  const samples: number[] = [];
  for (let i = 0; i < stops; i++) {
    const { conversationId, messageId, generationId } = await ask(here);
    const call = await cluster.fake.next();
    await call.send("one ");
    await here.followUntil(
      conversationId,
      ({ messages }) => messages.some(({ id, parts }) => id === messageId && parts.length > 0),
    );
    const before = performance.now();
    await there.cancel(generationId);
    samples.push(await call.closed - before);
    await there.finished(conversationId, messageId);
  }
  return spread(samples);
}
