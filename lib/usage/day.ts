// A day in UTC, as `2026-11-25`. Days sort as their names do.

const DAY_MS = 24 * 60 * 60 * 1000;

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The day that is `days` later, or earlier. */
export function daysAfter(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** Days from the first to the last, both included. */
export function daysFromTo(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
}

/** Whether it is the name of a day that there is. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(text);
  // Some engines take the 31st of February for a day of March.
  return Number.isFinite(at) && dayOf(at) === text;
}
