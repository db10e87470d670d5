// Typed helpers for routes, pages and middleware.
import { createDefine } from "fresh";
import type { State } from "./state.ts";

export const define = createDefine<State>();
