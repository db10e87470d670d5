// The log: one JSON object a line, on standard output.
//   O1  No line holds a token, a key or what people wrote: callers pass ids, codes, sizes and times.

export type Level = "debug" | "info" | "warn" | "error";

/** Members of a line. `event` names what happened, in snake_case. */
export type Fields = Record<string, string | number | boolean | null | undefined>;

export interface Logger {
  log(level: Level, event: string, fields?: Fields): void;
}

const RANK: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes lines at or above `level` with `write`. */
export function jsonLogger(level: Level, write: (line: string) => void): Logger {
  return {
    log(at, event, fields = {}) {
      if (RANK[at] < RANK[level]) return;
      write(JSON.stringify({ time: new Date().toISOString(), level: at, event, ...fields }));
    },
  };
}
