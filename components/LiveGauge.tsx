// The gauge beside the composer, as it moves. Loaded once the page is alive: nobody needs it to read or to type.
import { useMemo } from "preact/hooks";
import { usePaced } from "../lib/client/use_paced.ts";
import { WindowMeter, type WindowParts } from "../lib/client/window_use.ts";
import type { ContextUse } from "../lib/protocol/api.ts";
import type { Spent } from "../lib/protocol/conversation.ts";
import type { Model } from "../lib/protocol/model.ts";
import { ContextGauge } from "./ContextGauge.tsx";

interface Props {
  /** Of signals alone. */
  parts(): WindowParts;
  model: Model | undefined;
  spent: Spent | undefined;
  ask(): Promise<ContextUse | null>;
}

/** A gauge that moved with every letter would draw the eye. */
const GAUGE_MS = 500;

export function LiveGauge({ parts, ...rest }: Props) {
  const meter = useMemo(() => new WindowMeter(), []);
  const { value: use } = usePaced(() => meter.read(parts()), GAUGE_MS);
  if (use === null || use.beforeTokens + use.draftTokens === 0) return null;
  return <ContextGauge use={use} {...rest} />;
}
