// The conversation, oldest first.
import { type ComponentChildren, Fragment, type Ref } from "preact";
import type { BranchItem } from "../lib/client/branch.ts";
import type { ShownSummary } from "../lib/client/open_conversation.ts";
import type { Pending } from "../lib/client/outbox.ts";
import type { ClientError } from "../lib/client/api.ts";
import type { Id } from "../lib/core/ids.ts";
import type { Model } from "../lib/protocol/model.ts";
import { Message, type MessageActions } from "./Message.tsx";
import { Outgoing, type OutgoingActions } from "./Outgoing.tsx";
import { SummaryDivider } from "./SummaryDivider.tsx";
import { Thinking } from "./Thinking.tsx";

export interface ListActions extends MessageActions, OutgoingActions {
  /** Other words for the messages up to one. Null when they were saved, else why not. */
  summarise(throughId: Id, text: string): Promise<ClientError | null>;
}

interface Props {
  items: readonly BranchItem[];
  /** Messages come before these. */
  earlier: boolean;
  /** What loads them, once that can. */
  loader: ComponentChildren;
  models: readonly Model[];
  here: Id | null;
  /** What stands for the beginning of this branch; null: all of it is sent. */
  summary: ShownSummary | null;
  /** Messages that the server has not told of yet. */
  outgoing: readonly Pending[];
  /** An answer is expected of which there is no message yet. */
  awaiting: boolean;
  busy: boolean;
  stopping: boolean;
  /** Answers are shown when they are whole. */
  whole: boolean;
  actions: ListActions;
  listRef: Ref<HTMLDivElement>;
  contentRef: Ref<HTMLDivElement>;
}

export function MessageList(props: Props) {
  const { items, models, summary, outgoing, awaiting, busy, stopping, whole, actions } = props;
  return (
    <div
      ref={props.listRef}
      class="log"
      role="log"
      aria-label="Conversation"
      aria-live="off"
      aria-busy={busy}
      tabIndex={0}
    >
      <div ref={props.contentRef} class="thread">
        {props.earlier && (
          <div key="earlier" class="earlier">
            {props.loader}
            <noscript>
              <a href="?all">All messages</a>
            </noscript>
          </div>
        )}
        {items.map(({ message, versions }, i) => (
          <Fragment key={message.id}>
            <Message
              message={message}
              versions={versions}
              models={models}
              here={props.here}
              last={i === items.length - 1 && outgoing.length === 0}
              stopping={stopping && message.status === "streaming"}
              whole={whole}
              actions={actions}
            />
            {message.id === summary?.summary.throughId && (
              <SummaryDivider
                {...summary}
                save={(text) => actions.summarise(message.id, text)}
              />
            )}
          </Fragment>
        ))}
        {outgoing.map((pending) => <Outgoing key={pending.id} pending={pending} actions={actions} />)}
        {awaiting && (
          <article
            key="awaiting"
            class="message"
            data-role="assistant"
            data-status="awaiting"
            aria-label="Assistant"
          >
            <Thinking stopping={stopping} />
          </article>
        )}
      </div>
    </div>
  );
}
