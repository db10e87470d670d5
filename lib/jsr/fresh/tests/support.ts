import type { App } from "fresh";
import { Builder } from "fresh/dev";
import type { app as FixtureApp } from "./fixture/main.ts";

export const FIXTURE = new URL("./fixture/", import.meta.url);
export const ORIGIN = "http://localhost";

/** What a client sees of an app. */
export function client<State>(app: App<State>): (path: string, init?: RequestInit) => Promise<Response> {
  const handler = app.handler();
  return (path, init) => handler(new Request(ORIGIN + path, init));
}

/** The fixture project, built into memory. */
export async function fixture(): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const { app } = await import("./fixture/main.ts") as { app: typeof FixtureApp };
  const apply = await new Builder({ root: FIXTURE.href }).build({ snapshot: "memory" });
  apply(app);
  return client(app);
}

/** A folder for one test, gone after it. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Collects what is logged as an error instead of printing it. */
export function captureErrors(): { logged: unknown[][] } & Disposable {
  const { error } = console;
  const logged: unknown[][] = [];
  console.error = (...args) => logged.push(args);
  return { logged, [Symbol.dispose]: () => void (console.error = error) };
}
