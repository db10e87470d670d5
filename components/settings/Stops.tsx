// Texts at which a model stops. Line breaks cannot be typed into a line: `\n` stands for one.
import { useId, useRef } from "preact/hooks";
import { STOP_CHARS_MAX, STOPS_MAX } from "../../lib/protocol/params.ts";
import { CloseIcon, NewIcon } from "../Icons.tsx";
import { Setting } from "./Setting.tsx";
import { isComposing } from "../../lib/client/composition.ts";

interface Props {
  stops: readonly string[];
  unavailable: string | null;
  change(stops: string[]): void;
}

export function Stops({ stops, unavailable, change }: Props) {
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const added = useRef<HTMLInputElement>(null);
  const without = (i: number) => {
    change(stops.filter((_, at) => at !== i));
    added.current?.focus();
  };
  const add = () => {
    const text = read(added.current?.value ?? "").slice(0, STOP_CHARS_MAX);
    if (text === "" || stops.includes(text) || stops.length >= STOPS_MAX) return;
    change([...stops, text]);
    if (added.current !== null) added.current.value = "";
    added.current?.focus();
  };
  return (
    <fieldset class="plain" disabled={unavailable !== null}>
      <Setting
        name="Stop at"
        for={`${id}-new`}
        hintId={`${id}-hint`}
        unavailable={unavailable}
        hint={`Texts that end an answer, up to ${STOPS_MAX}. \\n stands for a line break.`}
      >
        {stops.length > 0 && (
          <ul ref={list} class="chips">
            {stops.map((stop, i) => (
              <li key={stop} class="chip">
                <code>{shown(stop)}</code>
                <button type="button" class="icon" title="Remove" onClick={() => without(i)}>
                  <CloseIcon />
                  <span class="sr-only">Remove {shown(stop)}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {/* One that is there for good keeps the focus when the last chip goes. */}
        <div class="add">
          <input
            id={`${id}-new`}
            data-setting="stop"
            ref={added}
            aria-describedby={`${id}-hint`}
            maxLength={STOP_CHARS_MAX}
            disabled={stops.length >= STOPS_MAX}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || isComposing(event)) return;
              event.preventDefault(); // it adds, and does not save
              add();
            }}
          />
          <button type="button" data-action="add-stop" disabled={stops.length >= STOPS_MAX} onClick={add}>
            <NewIcon /> Add
          </button>
        </div>
      </Setting>
    </fieldset>
  );
}

const SIGNS: Record<string, string> = { n: "\n", t: "\t", "\\": "\\" };

/** What was typed, with its `\n`, `\t` and `\\` read. */
export function read(typed: string): string {
  return typed.replace(/\\([nt\\])/g, (_, sign: string) => SIGNS[sign]!);
}

export function shown(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
