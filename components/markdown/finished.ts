// What a page was given to read finished texts with: a server's own; null in a browser, which reads each text once.
import { createContext } from "preact";
import type { FinishedTexts } from "./finished_texts.ts";

export const Finished = createContext<FinishedTexts | null>(null);
