// How full the model's window is, as a ring beside the hint. Pressed, it says the figures.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { fullness, NEARLY_FULL, type WindowUse } from "../lib/client/window_use.ts";
import { costOf, count, dollars, percent, spentOf, UNKNOWN, windowOf } from "../lib/client/figures.ts";
import type { ContextUse } from "../lib/protocol/api.ts";
import type { Spent } from "../lib/protocol/conversation.ts";
import type { Model } from "../lib/protocol/model.ts";
import { GaugeFigures } from "./GaugeFigures.tsx";

interface Props {
  use: WindowUse;
  model: Model | undefined;
  /** Of the conversation so far. */
  spent: Spent | undefined;
  /** What the server would send; null before there is a conversation. @throws ClientError */
  ask(): Promise<ContextUse | null>;
}

/** The ring's length, with a radius of 7. */
const ROUND = 2 * Math.PI * 7;

export function ContextGauge({ use, model, spent, ask }: Props) {
  const [open, setOpen] = useState(false);
  const around = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const { beforeTokens, draftTokens, counted, windowTokens } = use;
  const full = fullness(use);
  const tone = full === null || full < NEARLY_FULL ? "calm" : full < 1 ? "nearly" : "over";
  const about = counted && draftTokens === 0 ? "" : "≈ ";
  const part = full === null || windowTokens === null
    ? `${about}${count(beforeTokens + draftTokens)} tokens`
    : shareOf(beforeTokens + draftTokens, windowTokens, about);

  // It is no dialog: a press anywhere else closes it, and so does moving on.
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (!around.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", away);
    addEventListener("focusin", away);
    return () => {
      removeEventListener("pointerdown", away);
      removeEventListener("focusin", away);
    };
  }, [open]);

  return (
    <div
      ref={around}
      class="gauge"
      data-tone={tone}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        data-action="context"
        aria-expanded={open}
        aria-controls={id}
        title={inALine(use, model, spent)}
        onClick={() => setOpen(!open)}
      >
        {full !== null && (
          <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
            <circle class="track" cx="9" cy="9" r="7" />
            <circle
              class="fill"
              cx="9"
              cy="9"
              r="7"
              stroke-dasharray={`${Math.min(1, full) * ROUND} ${ROUND}`}
              transform="rotate(-90 9 9)"
            />
          </svg>
        )}
        <span class="sr-only">Context:</span> <span data-context>{part}</span>
        <span class="sr-only">
          {windowTokens !== null && ` of ${windowOf(windowTokens)} tokens used`}
          {tone === "nearly" && ", nearly full"}
          {tone === "over" && ", more than fits"}
        </span>
      </button>
      <div id={id} class="gauge-figures" hidden={!open}>
        {open && (
          <GaugeFigures
            use={use}
            isFull={tone !== "calm"}
            cost={costToSend(use, model)}
            spent={spent}
            ask={ask}
          />
        )}
      </div>
    </div>
  );
}

/** What is less than one is not made more exact by a sign. */
function shareOf(tokens: number, windowTokens: number, about: string): string {
  const share = percent(tokens, windowTokens);
  return share.startsWith("<") ? share : about + share;
}

function costToSend({ costMicroUsd }: WindowUse, model: Model | undefined): string {
  if (costMicroUsd === null) return UNKNOWN;
  return costMicroUsd === 0 ? costOf(0, model?.price) : `≈ ${dollars(costMicroUsd)}`;
}

/** The same in a line, for a mouse that rests. */
function inALine(use: WindowUse, model: Model | undefined, spent: Spent | undefined): string {
  const { beforeTokens, draftTokens, windowTokens } = use;
  const of = windowTokens === null ? "of an unknown window" : `of ${count(windowTokens)} tokens`;
  return `${count(beforeTokens + draftTokens)} ${of} with the next message. ` +
    `Sending it: ${costToSend(use, model)}, without the answer. So far: ${spentOf(spent)}.`;
}
