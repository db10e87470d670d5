// The id of the build that is running. In the browser every module's own URL says it.
let own = import.meta.url.match(/\/_fresh\/js\/(\w+)\//)?.[1] ?? "";

/** The id; empty without a build. */
export function buildId(): string {
  return own;
}

/** Told once by the server. */
export function setBuildId(id: string): void {
  own = id;
}
