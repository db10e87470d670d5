// What a model had a tool do: the call while it is being written, while it runs, and what came of it.
import { Component } from "preact";
import { duration } from "../lib/client/figures.ts";
import type { Part } from "../lib/protocol/message.ts";
import { ChevronIcon, ToolIcon } from "./Icons.tsx";
import { Text } from "./markdown/text.ts";

interface Props {
  call: Extract<Part, { type: "tool_call" }>;
  result: Extract<Part, { type: "tool_result" }> | undefined;
  /** Its answer is being written. */
  live: boolean;
  /** It began under our eyes, so that we know when. */
  fresh: boolean;
  /** Has the answer written again; absent while that cannot be. */
  retry?: () => void;
}

type State = "writing" | "running" | "done" | "failed" | "stopped";

/** Longer is nothing to read: the beginning says what it was. */
const SHOWN_CHARS_MAX = 10_000;
const TICK_MS = 1_000;

export class ToolCall extends Component<Props, { tookMs: number | null }> {
  override state = { tookMs: null };
  #beganAtMs: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  override componentDidMount(): void {
    if (!this.props.fresh || !isUnderWay(this.props)) return;
    const beganAtMs = this.#beganAtMs = performance.now();
    this.#timer = setInterval(() => this.setState({ tookMs: performance.now() - beganAtMs }), TICK_MS);
  }

  override componentDidUpdate(before: Props): void {
    if (!isUnderWay(before) || isUnderWay(this.props)) return;
    clearInterval(this.#timer);
    if (this.#beganAtMs !== null) this.setState({ tookMs: performance.now() - this.#beganAtMs });
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
  }

  override render(props: Props) {
    const { call, result, retry } = props;
    const { tookMs } = this.state;
    const args = readable(call.args);
    const state = stateOf(props, args !== null);
    return (
      <details class="tool" data-tool-state={state} open={state === "failed"}>
        <summary>
          {state === "writing" || state === "running"
            ? <span class="pulse" aria-hidden="true" />
            : <ToolIcon />}
          <code>{call.name}</code>
          <span data-tool-said>{said(state, tookMs)}</span>
          <ChevronIcon />
        </summary>
        {(args ?? call.args) !== "" && <Shown name="Asked" text={args ?? call.args} />}
        {result !== undefined && <Shown name={result.ok ? "Answered" : "Failed"} text={result.output} />}
        {state === "failed" && retry !== undefined && (
          <p>
            <button type="button" class="small" data-action="retry-tool" onClick={retry}>Retry</button>
          </p>
        )}
      </details>
    );
  }
}

function Shown({ name, text }: { name: string; text: string }) {
  const more = text.length - SHOWN_CHARS_MAX;
  return (
    <>
      <p class="label">{name}</p>
      <pre
        tabIndex={0}
        aria-label={name}
      ><Text text={more > 0 ? text.slice(0, SHOWN_CHARS_MAX) : text} /></pre>
      {more > 0 && <p class="label">{`and ${more.toLocaleString("en")} characters more`}</p>}
    </>
  );
}

function isUnderWay({ result, live }: Pick<Props, "result" | "live">): boolean {
  return result === undefined && live;
}

function stateOf({ result, live }: Props, whole: boolean): State {
  if (result !== undefined) return result.ok ? "done" : "failed";
  return live ? whole ? "running" : "writing" : "stopped";
}

/** The arguments in lines; nothing where there are none, null where they are no JSON or not yet. */
function readable(args: string): string | null {
  if (args.length > SHOWN_CHARS_MAX) return args;
  try {
    const value: unknown = JSON.parse(args);
    const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return empty ? "" : JSON.stringify(value, null, 2);
  } catch {
    return null; // half of it, or whatever the model wrote: it is shown as it is
  }
}

function said(state: State, tookMs: number | null): string {
  const time = tookMs === null ? "" : ` ${duration(tookMs)}`;
  switch (state) {
    case "writing":
      return "preparing…";
    case "running":
      return `running…${time}`;
    case "done":
      return `done${time === "" ? "" : ` in${time}`}`;
    case "failed":
      return `failed${time === "" ? "" : ` after${time}`}`;
    case "stopped":
      return "not finished";
  }
}
