// Options for the App and for the Builder. No logic.
import type { FreshConfig } from "fresh";
import type { BuildOptions } from "fresh/dev";

export const appConfig: FreshConfig = {};

export const buildOptions: BuildOptions = {
  root: import.meta.dirname,
  target: ["chrome120", "firefox120", "safari17"],
};
