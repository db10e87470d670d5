// How long ago something was put away, and how long it stays.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Until it goes for good; the server looks for what is due once in a while. */
export function goesIn(goesAt: number, now: number): string {
  const leftMs = goesAt - now;
  if (leftMs <= HOUR_MS) return "goes within the hour";
  if (leftMs < 2 * DAY_MS) return `goes in ${Math.ceil(leftMs / HOUR_MS)} hours`;
  return `goes in ${Math.ceil(leftMs / DAY_MS)} days`;
}
