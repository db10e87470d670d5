// One message of the conversation.
import { Component } from "preact";
import type { Id } from "../lib/core/ids.ts";
import { isTerminal, type Message as MessageData, textOf } from "../lib/protocol/message.ts";
import { CopyButton } from "./CopyButton.tsx";
import { ErrorNote } from "./ErrorNote.tsx";
import { AgainIcon, BackIcon, ForthIcon } from "./Icons.tsx";
import { Parts } from "./Parts.tsx";
import { Thinking } from "./Thinking.tsx";

export interface MessageActions {
  regenerate(messageId: Id): void;
  choose(versionId: Id): void;
}

interface Props {
  message: MessageData;
  versions: readonly Id[];
  /** Stop was asked for and the end is not here yet. */
  stopping: boolean;
  /** The same object each time, or every message renders with every word. */
  actions: MessageActions;
}

export class Message extends Component<Props> {
  /** Messages keep their identity until they change; a list of versions is new each time and is compared by what is in it. */
  override shouldComponentUpdate(next: Props): boolean {
    const { message, versions, stopping } = this.props;
    return next.message !== message || next.stopping !== stopping || next.versions.join() !== versions.join();
  }

  override render({ message, versions, stopping, actions }: Props) {
    const { id, role, status } = message;
    const assistant = role === "assistant";
    const heading = `m-${id}`;
    return (
      <article
        class="message"
        data-message-id={id}
        data-role={role}
        data-status={status}
        data-attempt={message.attempt ?? 1}
        aria-labelledby={heading}
        tabIndex={-1}
      >
        <h2 id={heading} class="sr-only">{assistant ? "Assistant" : "You"}</h2>
        {(message.attempt ?? 1) > 1 && <p class="aside">Restarted after an interruption</p>}
        {message.recovered !== undefined && <p class="aside">Went on after an interruption</p>}
        <div class="body" data-text dir="auto">
          {assistant ? <Parts message={message} /> : <p class="plain">{textOf(message)}</p>}
        </div>
        {status === "streaming" && message.parts.length === 0 && <Thinking stopping={stopping} />}
        {status === "streaming" && message.parts.length > 0 && (
          <p class="growing" aria-hidden="true">
            <span class="pulse" />
            {stopping && "Stopping…"}
          </p>
        )}
        {status === "failed" && message.error !== undefined && (
          <ErrorNote failure={message.error}>
            {assistant && (
              <button type="button" data-action="retry" onClick={() => actions.regenerate(id)}>Retry</button>
            )}
          </ErrorNote>
        )}
        {isTerminal(status) && <Footer message={message} versions={versions} actions={actions} />}
      </article>
    );
  }
}

function Footer({ message, versions, actions }: Pick<Props, "message" | "versions" | "actions">) {
  const assistant = message.role === "assistant";
  return (
    <footer>
      <div class="actions">
        {versions.length > 1 && <Versions message={message} versions={versions} actions={actions} />}
        <CopyButton text={textOf(message)} label="Copy message" action="copy" />
        {assistant && (
          <button
            type="button"
            class="icon"
            data-action="regenerate"
            title="Answer again"
            onClick={() => actions.regenerate(message.id)}
          >
            <AgainIcon />
            <span class="sr-only">Answer again</span>
          </button>
        )}
      </div>
      <p class="facts">{facts(message).map((fact) => <span key={fact}>{fact}</span>)}</p>
    </footer>
  );
}

function Versions({ message, versions, actions }: Pick<Props, "message" | "versions" | "actions">) {
  const at = versions.indexOf(message.id);
  const step = (label: string, to: Id | undefined, action: string) => (
    <button
      type="button"
      class="icon"
      data-action={action}
      disabled={to === undefined}
      onClick={() => to !== undefined && actions.choose(to)}
    >
      {action === "version-back" ? <BackIcon /> : <ForthIcon />}
      <span class="sr-only">{label}</span>
    </button>
  );
  return (
    <span class="versions" role="group" aria-label="Versions">
      {step("Earlier version", versions[at - 1], "version-back")}
      <span data-versions>{`${at + 1}/${versions.length}`}</span>
      {step("Later version", versions[at + 1], "version-forth")}
    </span>
  );
}

/** Made once: `toLocaleString()` looks its locale up for each number. */
const COUNT = new Intl.NumberFormat("en");

/** How it ended when it was not simply complete, and what it cost. */
function facts(message: MessageData): string[] {
  const found: string[] = [];
  if (message.status === "cancelled") found.push("Stopped");
  if (message.status === "failed") found.push("Failed");
  if (message.stopReason === "length") found.push("Cut off at the model's limit");
  if (message.stopReason === "content_filter") found.push("Ended by the provider's filter");
  if (message.role === "assistant" && message.model !== undefined) found.push(message.model);
  const { usage, timings, costMicroUsd } = message;
  if (usage !== undefined) {
    found.push(`${COUNT.format(usage.inputTokens + usage.outputTokens)} tokens`);
  }
  if (costMicroUsd !== undefined && costMicroUsd !== null && costMicroUsd > 0) {
    found.push(`$${(costMicroUsd / 1e6).toPrecision(2)}`);
  }
  if (timings !== undefined) found.push(`${(timings.totalMs / 1000).toFixed(1)} s`);
  return found;
}
