// The tokens that vendors count, brought to one meaning.
import type { Usage } from "../protocol/message.ts";

/** OpenAI's two APIs and those like them: the input's total includes the cached tokens, the output's the reasoning. */
export function inclusiveUsage(
  input: unknown,
  output: unknown,
  details: { cached?: unknown; written?: unknown; reasoning?: unknown } = {},
): Usage {
  return {
    inputTokens: count(input) ?? 0,
    outputTokens: count(output) ?? 0,
    ...some("cachedInputTokens", details.cached),
    ...some("cacheWriteTokens", details.written),
    ...some("reasoningTokens", details.reasoning),
  };
}

/** Anthropic: `input` is only what no cache knew, so the total is the sum of the three. */
export function exclusiveUsage(
  input: unknown,
  output: unknown,
  details: { cached?: unknown; written?: unknown; reasoning?: unknown } = {},
): Usage {
  const total = (count(input) ?? 0) + (count(details.cached) ?? 0) + (count(details.written) ?? 0);
  return inclusiveUsage(total, output, details);
}

function some<Name extends string>(name: Name, value: unknown): { [N in Name]?: number } {
  const tokens = count(value);
  return (tokens === undefined || tokens === 0 ? {} : { [name]: tokens }) as { [N in Name]?: number };
}

/** A count as providers should send it; null, negative and other things they do send are no count. */
function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
