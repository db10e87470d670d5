// What befalls a run until the calm: processes are killed, frozen and drained, connections cut, the store goes away.
import type { Follower } from "./follower.ts";
import type { World } from "./world.ts";

/** Processes at once. */
export const PROCESSES_MAX = 3;

/** A killed process is back after this, as a platform would see to. */
const RESTART_MS_MAX = 5_000;
/** Of troubles, this share befalls a process that writes, when there is one. */
const BUSY = 0.6;
const OUTAGE_MS_MAX = 10_000;

/** Between two troubles of one kind: any time up to twice `meanMs`. */
async function troubles(world: World, meanMs: number, untilMs: number, befall: () => Promise<void> | void) {
  if (meanMs === Infinity) return;
  for (;;) {
    await world.pause(world.random.between(1, 2 * meanMs));
    if (world.timeline.nowMs >= untilMs || world.isOver) return;
    await befall();
  }
}

/** Troubles until `untilMs`. Then whatever is frozen goes on, and at least one process runs. */
export async function befall(world: World, followers: readonly Follower[], untilMs: number): Promise<void> {
  const { random, weather, timeline } = world;
  void troubles(world, weather.processMs, untilMs, () => {
    const [running, alive] = [world.reachable(), world.processes.filter(({ state }) => state !== "dead")];
    if (running.length === 0) return;
    // Those who are writing an answer have most to lose.
    const busy = running.filter(({ name }) => [...world.openCalls].some(({ by }) => by === name));
    const process = random.pick(busy.length > 0 && random.chance(BUSY) ? busy : running);
    const fate = random.next();
    if (fate < 0.4) {
      process.freeze();
      timeline.after(random.between(100, 3 * world.leaseMs), null, () => {
        if (process.state === "frozen") process.resume();
      });
      if (alive.length < PROCESSES_MAX && random.chance(0.5)) world.start();
      return;
    }
    if (fate < 0.8) process.kill();
    else process.drain();
    timeline.after(random.between(0, RESTART_MS_MAX), null, () => void world.start());
  });
  void troubles(world, weather.followerMs, untilMs, () => random.pick(followers).cut());
  void troubles(world, weather.outageMs, untilMs, async () => {
    world.storeIsAway = true;
    await world.pause(random.between(500, OUTAGE_MS_MAX));
    world.storeIsAway = false;
  });
  await world.pause(untilMs - timeline.nowMs);
  world.storeIsAway = false;
  for (const process of world.processes) if (process.state === "frozen") process.resume();
  if (world.reachable().length === 0) world.start();
}
