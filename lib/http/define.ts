// Routes, pages and middleware, typed with what a request of this app carries.
import { createDefine } from "fresh";
import type { State } from "./state.ts";

export const define = createDefine<State>();
