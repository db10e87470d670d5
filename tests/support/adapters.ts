// The adapters against the fake provider, so that one test can hold for all of them.
import type { AdapterOptions } from "@/lib/models/answer.ts";
import { anthropic } from "@/lib/models/anthropic.ts";
import { compatible } from "@/lib/models/compatible.ts";
import { openai, type OpenAIOptions } from "@/lib/models/openai.ts";
import type { Provider } from "@/lib/models/provider.ts";
import type { Api } from "./fake_provider/mod.ts";

/** A key that is found again wherever it leaks to. */
export const KEY = "sk-recognisable-0123456789abcdef";

/** `background` is OpenAI with stored responses. */
export type AdapterName = "openai" | "background" | "anthropic" | "compatible";

type Options = AdapterOptions & Pick<OpenAIOptions, "report">;

export interface Adapter {
  name: AdapterName;
  api: Api;
  keyVariable: string;
  urlVariable: string;
  make(options: Options): Provider;
}

const OPENAI = {
  api: "responses",
  keyVariable: "OPENAI_API_KEY",
  urlVariable: "OPENAI_BASE_URL",
} as const;

export const ADAPTERS: readonly Adapter[] = [
  { name: "openai", ...OPENAI, make: (options) => openai({ ...options, apiKey: KEY }) },
  {
    name: "background",
    ...OPENAI,
    make: (options) => openai({ ...options, apiKey: KEY, background: true }),
  },
  {
    name: "anthropic",
    api: "messages",
    keyVariable: "ANTHROPIC_API_KEY",
    urlVariable: "ANTHROPIC_BASE_URL",
    make: (options) => anthropic({ ...options, apiKey: KEY }),
  },
  {
    name: "compatible",
    api: "chat",
    keyVariable: "COMPATIBLE_API_KEY",
    urlVariable: "COMPATIBLE_BASE_URL",
    make: (options) => compatible({ ...options, apiKey: KEY }),
  },
];
