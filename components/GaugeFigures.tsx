// The figures of a gauge that was pressed. They come with the gauge: a press shows them whatever the network does.
import { useEffect, useState } from "preact/hooks";
import { count, spentOf } from "../lib/client/figures.ts";
import type { WindowUse } from "../lib/client/window_use.ts";
import type { ContextUse } from "../lib/protocol/api.ts";
import type { Spent } from "../lib/protocol/conversation.ts";

interface Props {
  use: WindowUse;
  /** The window is nearly full. */
  isFull: boolean;
  /** Of sending the message. */
  cost: string;
  /** Of the conversation so far. */
  spent: Spent | undefined;
  /** What the server would send; null before there is a conversation. @throws ClientError */
  ask(): Promise<ContextUse | null>;
}

export function GaugeFigures({ use, isFull, cost, spent, ask }: Props) {
  const { beforeTokens, draftTokens, counted, windowTokens } = use;
  return (
    <>
      <dl>
        <div>
          <dt>Conversation</dt>
          <dd>{counted ? "" : "≈ "}{count(beforeTokens)} tokens</dd>
        </div>
        {draftTokens > 0 && (
          <div>
            <dt>This message</dt>
            <dd>≈ {count(draftTokens)} tokens</dd>
          </div>
        )}
        <div>
          <dt>Window</dt>
          <dd>{windowTokens === null ? "unknown" : `${count(windowTokens)} tokens`}</dd>
        </div>
        <div>
          <dt>Sending it</dt>
          <dd data-context-cost>{cost}</dd>
        </div>
        <div>
          <dt>So far</dt>
          <dd data-spent>{spentOf(spent)}</dd>
        </div>
      </dl>
      {isFull && <Overflow ask={ask} />}
    </>
  );
}

/** What becomes of a conversation that is nearly too long: the server decides, so it is asked. */
function Overflow({ ask }: Pick<Props, "ask">) {
  const [said, setSaid] = useState("What does not fit goes along as a summary.");
  useEffect(() => {
    ask().then(
      (context) => context !== null && setSaid(omission(context)),
      () => {}, // what is said already is true, if less exact
    );
  }, []);
  return <p class="note" data-overflow>{said}</p>;
}

function omission({ omitted, summaryThroughId }: ContextUse): string {
  if (omitted === 0) return "All of it still fits, and goes along as it is.";
  const first = omitted === 1 ? "The first message does" : `The first ${count(omitted)} messages do`;
  return `${first} not fit. ${
    summaryThroughId === undefined ? "They are left out." : "A summary stands for them."
  }`;
}
