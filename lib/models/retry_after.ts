// How long a provider asks us to wait before we try again.

/** Longer waits are for people to decide on: a job that waits holds its lease and its reader's patience. */
export const RETRY_AFTER_MS_MAX = 60_000;

const NUMBER = /^\d+(\.\d+)?(e\d+)?$/i;
/** Dates only in the form HTTP sends them: `Date.parse` takes "-5" for the year 2001. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*GMT$/;

/** The wait in `retry-after-ms` or `retry-after`, at most a minute; undefined when there is none that makes sense. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const ms = number(headers.get("retry-after-ms")) ?? seconds(headers.get("retry-after"), nowMs);
  return ms === undefined || ms < 0 ? undefined : Math.min(Math.ceil(ms), RETRY_AFTER_MS_MAX);
}

function number(value: string | null): number | undefined {
  return value !== null && NUMBER.test(value.trim()) ? Number(value) : undefined;
}

function seconds(value: string | null, nowMs: number): number | undefined {
  const delay = number(value);
  if (delay !== undefined) return delay * 1000;
  if (value === null || !HTTP_DATE.test(value.trim())) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - nowMs;
}
