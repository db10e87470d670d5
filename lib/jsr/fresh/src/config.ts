/** What an App may be told. */
export interface FreshConfig {
  /** A path under which the whole app lives, such as "/chat". */
  basePath?: string;
  mode?: "development" | "production";
  /** Believe x-forwarded-proto and x-forwarded-host. Only behind a proxy that sets both. */
  trustProxy?: boolean;
}

/** What an App goes by. */
export interface ResolvedFreshConfig {
  root: string;
  basePath: string;
  mode: "development" | "production";
  trustProxy: boolean;
}

/** Fills in the defaults. */
export function resolveConfig(config: FreshConfig): ResolvedFreshConfig {
  return {
    root: ".",
    basePath: (config.basePath ?? "").replace(/\/+$/, ""),
    mode: config.mode ?? "production",
    trustProxy: config.trustProxy ?? false,
  };
}
