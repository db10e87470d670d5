// The body of a message, part by part.
import { Component } from "preact";
import type { Message, Part } from "../lib/protocol/message.ts";
import { safeUrl } from "./markdown/href.ts";
import { Markdown } from "./markdown/Markdown.tsx";
import { Reasoning } from "./Reasoning.tsx";
import { ToolCall } from "./ToolCall.tsx";

interface Props {
  message: Message;
  /** Has the answer written again; absent while that cannot be. */
  retry?: () => void;
  /** The page was there before them. */
  alive: boolean;
}

export class Parts extends Component<Props> {
  /** Later ones began while we were here. */
  readonly #atFirst = this.props.message.parts.length;
  readonly #alive = this.props.alive;

  override render({ message: { parts, status }, retry }: Props) {
    const live = status === "streaming";
    return (
      <>
        {parts.map((part, i) => {
          switch (part.type) {
            case "text":
              return (
                <Markdown
                  key={i}
                  text={part.text}
                  streaming={live && i === parts.length - 1}
                  fresh={this.#alive || i >= this.#atFirst}
                />
              );
            case "reasoning":
              return <Reasoning key={i} text={part.text} growing={live && i === parts.length - 1} />;
            case "tool_call":
              return (
                <ToolCall
                  key={i}
                  call={part}
                  result={resultOf(parts, part.callId)}
                  live={live}
                  fresh={i >= this.#atFirst}
                  retry={retry}
                />
              );
            case "tool_result":
              return null; // shown with its call
            case "source":
              return <Source key={i} title={part.title} url={part.url} />;
          }
        })}
      </>
    );
  }
}

function resultOf(parts: readonly Part[], callId: string) {
  for (const part of parts) if (part.type === "tool_result" && part.callId === callId) return part;
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
