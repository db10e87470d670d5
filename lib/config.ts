// The environment, read once, as a frozen Config. Every fault is reported at once, by the name of its variable.
import { parseStarters, STARTERS } from "./chat/starters.ts";
import { parseVariants, type Variant } from "./chat/variants.ts";
import type { Level } from "./observe/log.ts";
import { parseModels } from "./models/models_file.ts";
import type { ModelsConfig } from "./models/registry.ts";
import type { Starter } from "./protocol/api.ts";
import { FALLBACKS_MAX } from "./protocol/params.ts";

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Whether `main.ts` serves from a worker for each core (`lib/parallel/`). */
  readonly parallel: boolean;
  /** What the workers of one process have in common; their supervisor makes it up. */
  readonly workersOf?: string;
  /** Undefined: the platform's own database. */
  readonly kvPath: string | undefined;
  readonly leaseMs: number;
  readonly flushMs: number;
  /** Event streams that this process has open at most. */
  readonly streamsMax: number;
  /** What this process may remember for searches, of all people together. */
  readonly searchBytesMax: number;
  /** Between two looks at what watch may not deliver. */
  readonly pollMs: number;
  /** Other processes may have the same file open, which KV's watch does not cross. */
  readonly sharedFile: boolean;
  readonly logLevel: Level;
  /** Whether a cheap model gives conversations their titles. */
  readonly titles: boolean;
  readonly models: ModelsConfig;
  /** System prompts that are tried against each other; none: there is no experiment. */
  readonly variants: readonly Variant[];
  /** Things to try on the page of a new conversation. */
  readonly starters: readonly Starter[];
}

/** Where the app listens and keeps its data when nothing is said. */
const DEFAULTS = { host: "localhost", port: 8000, kvPath: "./data/throughline.db" };

/** A variable that is set but wrong. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The environment has ${faults.length === 1 ? "a fault" : "faults"}:\n  ${faults.join("\n  ")}`);
    this.faults = faults;
  }
}

/**
 * `readFile` gives the text of a file that a variable names.
 * @throws ConfigError with one line for each variable that is wrong.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => Deno.readTextFileSync(path),
): Config {
  const faults: string[] = [];
  const text = (name: string) => {
    const value = env[name]?.trim();
    return value === "" ? undefined : value;
  };
  const integer = (name: string, fallback: number, min: number, max: number) => {
    const value = text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    faults.push(`${name} must be a whole number from ${min} to ${max}, and is "${value}"`);
    return fallback;
  };
  const url = (name: string) => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (/^https?:$/.test(URL.parse(value)?.protocol ?? "")) return value.replace(/\/+$/, "");
    faults.push(`${name} must be an http or https URL, and is "${value}"`);
    return undefined;
  };
  const flag = (name: string) => {
    const value = text(name) ?? "0";
    if (value !== "0" && value !== "1") faults.push(`${name} must be 1 or 0, and is "${value}"`);
    return value === "1";
  };
  const onOrOff = (name: string, fallback: boolean) => {
    const value = text(name) ?? (fallback ? "on" : "off");
    if (value !== "on" && value !== "off") faults.push(`${name} must be on or off, and is "${value}"`);
    return value === "on";
  };
  const names = (name: string) =>
    (text(name) ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
  const onDeploy = text("DENO_DEPLOYMENT_ID") !== undefined;
  const logLevel = text("LOG_LEVEL") ?? "info";
  if (!isLevel(logLevel)) faults.push(`LOG_LEVEL must be debug, info, warn or error, and is "${logLevel}"`);
  const model = (name: string) => {
    const value = text(name);
    if (value !== undefined && !isModelId(value)) {
      faults.push(`${name} must be provider/model, such as demo/tour, and is "${value}"`);
    }
    return value;
  };
  const fallbackModels = () => {
    const value = text("FALLBACK_MODELS");
    if (value === undefined) return undefined;
    const ids = value === "none" ? [] : [...new Set(names("FALLBACK_MODELS"))];
    if (!ids.every(isModelId) || ids.length > FALLBACKS_MAX || (ids.length === 0 && value !== "none")) {
      faults.push(
        `FALLBACK_MODELS must be none, or up to ${FALLBACKS_MAX} of provider/model with commas between them, and is ` +
          `"${value}"`,
      );
    }
    return ids;
  };
  const kvPath = text("KV_PATH") ?? (onDeploy ? undefined : DEFAULTS.kvPath);
  const parallel = flag("PARALLEL");
  if (parallel && onDeploy) {
    faults.push("PARALLEL must be 0 on Deno Deploy, which runs more instances by itself");
  }
  if (parallel && kvPath === ":memory:") {
    faults.push("PARALLEL must be 0 with KV_PATH=:memory:, for each worker would have a memory of its own");
  }
  /** What `parse` makes of the JSON that the variable is. */
  const fromText = <Parsed extends { faults: string[] }>(name: string, parse: (text: string) => Parsed) => {
    const parsed = parse(text(name) ?? "");
    faults.push(...parsed.faults.map((fault) => `${name} ${fault}`));
    return parsed;
  };
  /** What `parse` makes of the file that the variable names. */
  const fromFile = <Parsed extends { faults: string[] }>(name: string, parse: (text: string) => Parsed) => {
    const path = text(name);
    if (path === undefined) return undefined;
    let file: string;
    try {
      file = readFile(path);
    } catch (error) {
      faults.push(`${name} must be the path of a file, and "${path}" cannot be read: ${words(error)}`);
      return undefined;
    }
    const parsed = parse(file);
    faults.push(...parsed.faults.map((fault) => `${name} (${path}) ${fault}`));
    return parsed;
  };
  const compatible = url("COMPATIBLE_BASE_URL");
  const orphans = text("COMPATIBLE_API_KEY") ?? text("COMPATIBLE_MODELS") ?? text("COMPATIBLE_CONTINUES");
  if (text("COMPATIBLE_BASE_URL") === undefined && orphans !== undefined) {
    faults.push(
      "COMPATIBLE_BASE_URL must be set for COMPATIBLE_API_KEY, COMPATIBLE_MODELS or COMPATIBLE_CONTINUES to mean " +
        "anything",
    );
  }
  const config: Config = {
    host: text("HOST") ?? DEFAULTS.host,
    port: integer("PORT", DEFAULTS.port, 0, 65_535),
    parallel,
    ...optional("workersOf", text("WORKERS_OF")),
    kvPath,
    // Below a second a busy event loop would lose its own leases.
    leaseMs: integer("LEASE_MS", 10_000, 1_000, 600_000),
    flushMs: integer("FLUSH_MS", onDeploy ? 50 : 0, 0, 5_000),
    // An open stream takes 75 KB of the process on Deno 2.9 and 100 on 2.5, of which 62 and 69 are Deno's own. 3,000 leave
    // 60 of Deploy's 512 MB for what else there is to do.
    streamsMax: integer("STREAMS_MAX", onDeploy ? 3_000 : 10_000, 1, 100_000),
    // A message takes about its own length. On Deploy two thirds of what its streams leave are for the answers.
    searchBytesMax: integer("SEARCH_MB", onDeploy ? 20 : 64, 1, 4_096) * 1024 * 1024,
    // Watch crosses processes everywhere but on a file, where a poll must carry them; elsewhere it is only a net.
    pollMs: onFile(kvPath) ? 200 : 10_000,
    sharedFile: onFile(kvPath),
    titles: onOrOff("TITLES", true),
    logLevel: isLevel(logLevel) ? logLevel : "info",
    models: {
      ...vendor("openai", text("OPENAI_API_KEY"), {
        ...optional("baseURL", url("OPENAI_BASE_URL")),
        ...(flag("OPENAI_BACKGROUND") ? { background: true } : {}),
      }),
      ...vendor("anthropic", text("ANTHROPIC_API_KEY"), optional("baseURL", url("ANTHROPIC_BASE_URL"))),
      ...(compatible === undefined ? {} : {
        compatible: {
          baseURL: compatible,
          ...optional("apiKey", text("COMPATIBLE_API_KEY")),
          models: names("COMPATIBLE_MODELS"),
          ...(text("COMPATIBLE_CONTINUES") === undefined ? {} : { continues: names("COMPATIBLE_CONTINUES") }),
        },
      }),
      demo: { tokensPerSecond: integer("DEMO_TOKENS_PER_SECOND", 50, 1, 10_000) },
      ...optional("defaultModel", model("DEFAULT_MODEL")),
      ...optional("summaryModel", model("SUMMARY_MODEL")),
      ...optional("fallbackModels", fallbackModels()),
      ...optional("list", fromFile("MODELS_FILE", parseModels)?.rows),
    },
    variants: fromFile("PROMPT_VARIANTS", parseVariants)?.variants ?? [],
    starters:
      (/^[[{]/.test(text("STARTERS") ?? "")
        ? fromText("STARTERS", parseStarters)
        : fromFile("STARTERS", parseStarters))?.starters ?? STARTERS,
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return freeze(config);
}

function isModelId(text: string): boolean {
  return /^[a-z]+\/.+$/.test(text);
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function onFile(kvPath: string | undefined): boolean {
  return kvPath !== undefined && !/^https?:/.test(kvPath);
}

/** The program's environment. The only reader of it. */
export function configFromEnv(): Config {
  return readConfig(Deno.env.toObject());
}

function vendor(
  name: "openai" | "anthropic",
  apiKey: string | undefined,
  more: { baseURL?: string; background?: boolean },
) {
  return apiKey === undefined ? {} : { [name]: { apiKey, ...more } };
}

function optional<K extends string, V>(name: K, value: V | undefined): { [_ in K]?: V } {
  return value === undefined ? {} : { [name]: value } as { [_ in K]: V };
}

function isLevel(text: string): text is Level {
  return ["debug", "info", "warn", "error"].includes(text);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
}
