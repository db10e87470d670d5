// What the targets' streams look like, read as cheaply as is still exact: where an event has the shape that is
// expected its text is compared in place; where it has not, it is parsed.
import { CONTENT_HEAD, CONTENT_TAIL } from "./script.ts";

/** Who is told what a stream says. */
export interface Listener {
  /** More of the answer's text. @throws if it is not what the provider sent */
  text(text: string): void;
  /** The answer is at its end, and complete. `whole`: all its text, where the end repeats it. */
  ended(whole?: string): void;
}

/** Reads the event that stands in `stream` from `from` to `to`, its blank line not included. */
export type Dialect = (stream: string, from: number, to: number, listener: Listener) => void;

/** Makes the reader of one stream. */
export type NewDialect = () => Dialect;

/** Chat Completions, from the provider itself or through a relay that passes bytes on. */
export const completions: NewDialect = () => (stream, from, to, listener) => {
  if (stream.startsWith(CONTENT_HEAD, from) && stream.startsWith(CONTENT_TAIL, to - CONTENT_TAIL.length)) {
    const text = stream.slice(from + CONTENT_HEAD.length, to - CONTENT_TAIL.length);
    if (isPlain(text)) return listener.text(text);
  }
  const data = dataOf(stream, from, to);
  if (data === "[DONE]") return listener.ended();
  const { choices } = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
  const content = choices[0]?.delta.content;
  if (content !== undefined) listener.text(content);
};

/** The event that the baselines write for a token, and for the end. */
export const TOKEN_HEAD = `event: token\ndata: {"text":`;
export const DONE_EVENT = `event: done\ndata: {}`;

/** `id: 7\nevent: token\ndata: {"text":"…"}`: what the baselines of this folder write, numbered from 1. */
export const numbered: NewDialect = () => {
  let last = 0;
  return (stream, from, to, listener) => {
    if (stream.startsWith(DONE_EVENT, from)) return listener.ended();
    if (stream.startsWith(": ", from)) return;
    const [id, at] = idAt(stream, from);
    if (id !== ++last) throw new Error(`Event ${id} came when ${last} was due`);
    if (!stream.startsWith(TOKEN_HEAD, at)) throw new Error(`Not a token: ${stream.slice(from, to)}`);
    listener.text(JSON.parse(stream.slice(at + TOKEN_HEAD.length, to - 1)) as string);
  };
};

/** `id: 7\nevent: delta\n`, then the message that the delta belongs to. */
const DELTA = "event: delta\ndata: ";
const TEXT_PART = `"parts":[{"type":"text","text":"`;
const TEXT_END = `"}]}`;

/** The app's stream from cursor `after` on: entries are numbered without a gap. */
export function app(after: number): NewDialect {
  return () => {
    let last = after;
    // As far as it repeats with each delta of an answer: `{"messageId":"…","attempt":1,"parts":[{"type":"text","text":"`.
    let head = "\n";
    return (stream, from, to, listener) => {
      if (!stream.startsWith("id: ", from)) return besideTheLog(stream, from, to);
      const [id, at] = idAt(stream, from);
      if (id !== ++last) throw new Error(`Entry ${id} came when ${last} was due`);
      const data = at + DELTA.length;
      if (
        stream.startsWith(DELTA, at) && stream.startsWith(head, data) &&
        stream.startsWith(TEXT_END, to - TEXT_END.length)
      ) {
        const text = stream.slice(data + head.length, to - TEXT_END.length);
        if (isPlain(text)) return listener.text(text);
      }
      const json = dataOf(stream, at, to);
      if (stream.startsWith(DELTA, at)) {
        const { parts } = JSON.parse(json) as { parts: { type: string; text: string }[] };
        listener.text(parts.filter(({ type }) => type === "text").map(({ text }) => text).join(""));
        const text = json.indexOf(TEXT_PART);
        if (parts.length === 1 && text > 0) head = json.slice(0, text + TEXT_PART.length);
      } else if (stream.startsWith("event: message\n", at)) {
        const { message } = JSON.parse(json) as {
          message: { role: string; status: string; parts: { type: string; text: string }[] };
        };
        if (message.role !== "assistant" || message.status === "streaming") return;
        if (message.status !== "complete") throw new Error(`The answer is ${message.status}`);
        listener.ended(message.parts.map(({ text }) => text).join(""));
      } else if (stream.startsWith("event: restart\n", at)) throw new Error("The answer began anew");
    };
  };
}

/** Whether what stands between two quotes is one JSON string, and says itself. */
function isPlain(text: string): boolean {
  return !text.includes('"') && !text.includes("\\");
}

/** Heartbeats, comments and `bye`, which have no number. */
function besideTheLog(stream: string, from: number, to: number): void {
  if (stream.startsWith("event: bye", from)) throw new Error(`The stream said ${stream.slice(from, to)}`);
}

/** The number behind `id: ` at `from`, and where the next line begins. */
function idAt(stream: string, from: number): [id: number, next: number] {
  const end = stream.indexOf("\n", from);
  return [Number(stream.slice(from + "id: ".length, end)), end + 1];
}

/** What stands behind `data: ` of the event at `from`; our events have one such line, their last. */
function dataOf(stream: string, from: number, to: number): string {
  const at = stream.indexOf("data: ", from);
  if (at < 0 || at > to) throw new Error(`An event without data: ${stream.slice(from, to)}`);
  return stream.slice(at + "data: ".length, to);
}
