// What runs in the page: an answer that grows by pieces, each rendered and laid out at once, and timed.
import { render } from "preact";
import { grammarOf, highlight } from "@/components/markdown/highlight.ts";
import { Markdown } from "@/components/markdown/Markdown.tsx";

export interface Timed {
  /** Each update while it grew, in milliseconds. */
  updatesMs: number[];
  /** The last one, which reads the whole. */
  endMs: number;
  /** The longest of all, without what the browser does to lay it out. */
  scriptMs: number;
}

/** Shows `source` as it would come, `size` characters at a time. */
async function grow(source: string, size: number): Promise<Timed> {
  const root = document.createElement("div");
  root.className = "body";
  const message = document.createElement("article");
  message.className = "message";
  message.dataset.role = "assistant";
  message.append(root);
  document.querySelector(".thread")!.replaceChildren(message);
  let scriptMs = 0;
  const show = (text: string, streaming: boolean): number => {
    const startedAt = performance.now();
    message.dataset.status = streaming ? "streaming" : "complete";
    render(<Markdown text={text} streaming={streaming} />, root);
    scriptMs = Math.max(scriptMs, performance.now() - startedAt);
    void root.offsetHeight;
    return performance.now() - startedAt;
  };
  const updatesMs: number[] = [];
  for (let end = size; end < source.length; end += size) {
    updatesMs.push(show(source.slice(0, end), true));
    await turn();
  }
  const endMs = show(source, false);
  render(null, root);
  return { updatesMs, endMs, scriptMs };
}

/** Lets the page do what it has waiting. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((done) => {
    port1.onmessage = () => done();
    port2.postMessage(null);
  });
}

/** Colours code once, in milliseconds. */
async function colour(source: string, language: string): Promise<number> {
  const grammar = await grammarOf(language);
  const startedAt = performance.now();
  if (highlight(source, grammar!) === null) throw new Error("It was not coloured");
  return performance.now() - startedAt;
}

Object.assign(globalThis, { grow, colour });
