// The app as a process, and a fake provider behind all three of its adapters.
import { AppServer, type ServerOptions } from "./server.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake_provider/mod.ts";

/** A key that is easy to find where it must not be. */
export const FAKE_KEY = "sk-fake-7b1d0c55-never-show-me";

/** One model of each wire format, by the name of the format. */
export const MODELS = {
  responses: "openai/gpt-6-luna",
  messages: "anthropic/claude-haiku-5-5",
  chat: "compatible/fake-small",
} as const;

export interface ServerWithProvider extends AsyncDisposable {
  server: AppServer;
  fake: FakeProvider;
}

/** Ends both. The provider listens for as long as the server lives. */
export async function startWithProvider(
  options: FakeProviderOptions = {},
  server: ServerOptions = {},
): Promise<ServerWithProvider> {
  const fake = startFakeProvider(options);
  try {
    const app = await AppServer.start({
      ...server,
      env: {
        OPENAI_API_KEY: FAKE_KEY,
        OPENAI_BASE_URL: fake.baseURL("responses"),
        ANTHROPIC_API_KEY: FAKE_KEY,
        ANTHROPIC_BASE_URL: fake.baseURL("messages"),
        COMPATIBLE_API_KEY: FAKE_KEY,
        COMPATIBLE_BASE_URL: fake.baseURL("chat"),
        COMPATIBLE_MODELS: "fake-small",
        DEFAULT_MODEL: MODELS.chat,
        ...server.env,
      },
    });
    return {
      server: app,
      fake,
      async [Symbol.asyncDispose]() {
        await app[Symbol.asyncDispose]();
        await fake.close();
      },
    };
  } catch (error) {
    await fake.close();
    throw error;
  }
}
