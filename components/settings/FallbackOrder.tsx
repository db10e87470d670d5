// Which models answer when the chosen one cannot, and in which order.
import { useId, useRef } from "preact/hooks";
import { matching, nameOf, providerName } from "../../lib/client/catalog.ts";
import type { ModelList } from "../../lib/protocol/api.ts";
import { FALLBACKS_MAX } from "../../lib/protocol/params.ts";
import { CloseIcon, UpIcon } from "../Icons.tsx";
import { Setting } from "./Setting.tsx";

interface Props {
  /** Null: those of the server. */
  fallbacks: readonly string[] | null;
  /** The conversation's model, which is no fallback of itself. */
  model: string;
  models: ModelList;
  change(fallbacks: string[] | null): void;
}

export function FallbackOrder({ fallbacks, model, models, change }: Props) {
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const all = models.models;
  const own = fallbacks ?? [];
  const servers = models.fallbacks.filter((one) => one !== model).map((one) => nameOf(all, one));
  const addable = matching(
    all.filter((one) => one.available && one.id !== model && !own.includes(one.id)),
    "",
  );
  /** Moves one, and the focus with it: another press moves it on. */
  const move = (from: number, by: number, action: string) => {
    const order = [...own];
    order.splice(from + by, 0, ...order.splice(from, 1));
    change(order);
    requestAnimationFrame(() => {
      const row = list.current?.children[from + by];
      const button = row?.querySelector<HTMLButtonElement>(`[data-action="${action}"]:not(:disabled)`);
      (button ?? row?.querySelector<HTMLButtonElement>("button:not(:disabled)"))?.focus();
    });
  };
  return (
    <Setting
      name="When the model cannot answer"
      hintId={`${id}-hint`}
      hint="Tried in this order, before a word of the answer is there. The answer says who wrote it."
    >
      <div class="radios" role="radiogroup" aria-labelledby={`${id}-hint-name`}>
        <label class="check">
          <input
            type="radio"
            name={`${id}-fallbacks`}
            data-setting="fallbacks-server"
            checked={fallbacks === null}
            onChange={() => change(null)}
          />
          <span>
            As the server has it{" "}
            <small>{servers.length === 0 ? "no other model" : servers.join(", then ")}</small>
          </span>
        </label>
        <label class="check">
          <input
            type="radio"
            name={`${id}-fallbacks`}
            data-setting="fallbacks-own"
            checked={fallbacks !== null}
            onChange={() => change(models.fallbacks.filter((one) => one !== model).slice(0, FALLBACKS_MAX))}
          />
          <span>In an order of this chat's own</span>
        </label>
      </div>
      {fallbacks !== null && (
        <>
          <ol ref={list} class="order">
            {own.map((one, i) => {
              const name = nameOf(all, one);
              return (
                <li key={one} data-fallback={one}>
                  <span class="name">{name}</span>
                  <button
                    type="button"
                    class="icon"
                    data-action="up"
                    title="Earlier"
                    disabled={i === 0}
                    onClick={() => move(i, -1, "up")}
                  >
                    <UpIcon />
                    <span class="sr-only">{name} earlier</span>
                  </button>
                  <button
                    type="button"
                    class="icon down"
                    data-action="down"
                    title="Later"
                    disabled={i === own.length - 1}
                    onClick={() => move(i, 1, "down")}
                  >
                    <UpIcon />
                    <span class="sr-only">{name} later</span>
                  </button>
                  <button
                    type="button"
                    class="icon"
                    data-action="drop"
                    title="Remove"
                    onClick={() => change(own.filter((other) => other !== one))}
                  >
                    <CloseIcon />
                    <span class="sr-only">Remove {name}</span>
                  </button>
                </li>
              );
            })}
          </ol>
          {own.length === 0 && <p class="note">None: when the model cannot answer, the answer fails.</p>}
          {own.length < FALLBACKS_MAX && addable.length > 0 && (
            <select
              data-setting="fallback-add"
              aria-label="Add a model"
              value=""
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value !== "") change([...own, value]);
                event.currentTarget.value = "";
              }}
            >
              <option value="">Add a model…</option>
              {addable.map(({ provider, models }) => (
                <optgroup key={provider} label={providerName(provider)}>
                  {models.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
                </optgroup>
              ))}
            </select>
          )}
        </>
      )}
    </Setting>
  );
}
