// Building the app, and serving it while it is being written.
export { Builder } from "./builder.ts";
export type { BuildOptions, ResolvedBuildConfig } from "./options.ts";
