// The body of a message, part by part.
import type { Message, Part } from "../lib/protocol/message.ts";
import { safeUrl } from "./markdown/href.ts";
import { Markdown } from "./markdown/Markdown.tsx";
import { Reasoning } from "./Reasoning.tsx";

export function Parts({ message }: { message: Message }) {
  const streaming = message.status === "streaming";
  const last = message.parts.length - 1;
  return (
    <>
      {message.parts.map((part, i) => (
        <PartView key={i} part={part} parts={message.parts} growing={streaming && i === last} />
      ))}
    </>
  );
}

function PartView({ part, parts, growing }: { part: Part; parts: readonly Part[]; growing: boolean }) {
  switch (part.type) {
    case "text":
      return <Markdown text={part.text} streaming={growing} />;
    case "reasoning":
      return <Reasoning text={part.text} growing={growing} />;
    case "tool_call": {
      const result = parts.find((p) => p.type === "tool_result" && p.callId === part.callId);
      return <ToolCall call={part} result={result?.type === "tool_result" ? result : undefined} />;
    }
    case "tool_result":
      return null; // shown with its call
    case "source":
      return <Source title={part.title} url={part.url} />;
  }
}

type Call = Extract<Part, { type: "tool_call" }>;
type Result = Extract<Part, { type: "tool_result" }>;

function ToolCall({ call, result }: { call: Call; result: Result | undefined }) {
  const state = result === undefined ? "running" : result.ok ? "done" : "failed";
  return (
    <details class="tool" data-tool-state={state}>
      <summary>
        <code>{call.name}</code> <span>{state === "running" ? "running…" : state}</span>
      </summary>
      <pre tabIndex={0}>{call.args}</pre>
      {result !== undefined && <pre tabIndex={0}>{result.output}</pre>}
    </details>
  );
}

function Source({ title, url }: { title: string; url?: string }) {
  const safe = url === undefined ? null : safeUrl(url);
  if (safe === null) return <p class="source">{title}</p>;
  return (
    <p class="source">
      <a href={safe.href} target="_blank" rel="noopener noreferrer nofollow">{title}</a>{" "}
      <span>{safe.host}</span>
    </p>
  );
}
