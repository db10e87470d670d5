// The commit that makes a summary ready: its record, and the entry that tells it to whoever follows.
import type { ReadySummary } from "../chat/summaries.ts";
import type { Id } from "../core/ids.ts";
import { conversationTopic, summaryKey } from "../kv/keys.ts";
import type { Plan } from "../kv/plan.ts";
import { type Check, set } from "../kv/store.ts";
import type { Summary } from "../protocol/summary.ts";
import { textTokens } from "./estimate.ts";
import { framed } from "./framed.ts";

export function readyPlan(conversationId: Id, summary: Summary, checks: readonly Check[]): Plan {
  const tokens = textTokens(framed(summary.text));
  return {
    topics: [{
      topic: conversationTopic(conversationId),
      entries: [{ type: "summary", data: { summary } }],
    }],
    checks,
    writes: ([seq = 0]) => {
      const ready: ReadySummary = { state: "ready", summary, tokens, seq };
      return [set(summaryKey(conversationId, summary.throughId), ready)];
    },
  };
}
