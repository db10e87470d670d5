// Choosing a model: a list that is searched by typing. The focus stays in the search; the list follows it.
import { useId, useRef, useState } from "preact/hooks";
import { matching, providerName } from "../lib/client/catalog.ts";
import { count, isFree, priceOf, windowOf } from "../lib/client/figures.ts";
import type { Model } from "../lib/protocol/model.ts";
import { Dialog } from "./Dialog.tsx";
import { CheckIcon, CloseIcon } from "./Icons.tsx";
import { stepped, useInView } from "./listbox.ts";
import { isComposing } from "../lib/client/composition.ts";

export interface ModelChooserProps {
  models: readonly Model[];
  /** The model that is chosen now. */
  current: string;
  label: string;
  /** A choice may be for the next message alone; null: that makes no sense here. */
  once: boolean | null;
  choose(model: string, once: boolean): void;
  closed(): void;
}

export function ModelChooser({ models, current, label, once, choose, closed }: ModelChooserProps) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(current);
  const [onlyNext, setOnlyNext] = useState(once ?? false);
  const list = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const id = useId();
  const shelves = matching(models, query);
  const found = shelves.flatMap((shelf) => shelf.models);
  const at = Math.max(0, found.findIndex((model) => model.id === active));
  /** What Enter takes. */
  const pointed = found[at];
  // On a phone a search that has the focus brings up a keyboard, which hides the list.
  const finger = matchMedia("(pointer: coarse)").matches;
  const option = (model: Model) => `${id}-${found.indexOf(model)}`;

  useInView(list, at, query);

  return (
    <Dialog class="dialog chooser" label={label} closed={closed}>
      {(close) => {
        const take = (model: Model | undefined) => {
          if (model === undefined || !model.available) return;
          choose(model.id, onlyNext);
          close();
        };
        const pressed = (event: KeyboardEvent) => {
          if (isComposing(event)) return;
          const to = stepped(event, at, found.length);
          if (to !== undefined) {
            event.preventDefault();
            setActive(found[to]!.id);
          } else if (event.key === "Enter") {
            event.preventDefault();
            take(pointed);
          } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
            search.current?.focus(); // from the list, what is typed searches it
          }
        };
        return (
          <div class="sheet">
            <header>
              <input
                ref={search}
                type="text"
                inputmode="search"
                role="combobox"
                aria-label={`${label}: search`}
                aria-expanded="true"
                aria-controls={`${id}-list`}
                aria-autocomplete="list"
                aria-activedescendant={pointed === undefined ? undefined : option(pointed)}
                placeholder="Search models"
                autocomplete="off"
                spellcheck={false}
                autofocus={!finger}
                value={query}
                onInput={(event) => setQuery(event.currentTarget.value)}
                onKeyDown={pressed}
              />
              <button type="button" class="icon" title="Close" onClick={close}>
                <CloseIcon />
                <span class="sr-only">Close</span>
              </button>
            </header>
            <div
              ref={list}
              id={`${id}-list`}
              class="models"
              role="listbox"
              aria-label="Models"
              aria-activedescendant={pointed === undefined ? undefined : option(pointed)}
              tabIndex={-1}
              autofocus={finger}
              onKeyDown={pressed}
            >
              {shelves.map(({ provider, models }) => (
                <div key={provider} role="group" aria-labelledby={`${id}-${provider}`}>
                  <h3 id={`${id}-${provider}`} role="presentation">{providerName(provider)}</h3>
                  {models.map((model) => (
                    <Option
                      key={model.id}
                      id={option(model)}
                      model={model}
                      active={model === pointed}
                      selected={model.id === current}
                      point={() => setActive(model.id)}
                      take={() =>
                        take(model)}
                    />
                  ))}
                </div>
              ))}
            </div>
            {found.length === 0 && <p class="none">No model matches “{query}”.</p>}
            <p class="sr-only" role="status">{query === "" ? "" : `${count(found.length)} found`}</p>
            {once !== null && (
              <label class="check">
                <input
                  type="checkbox"
                  role="switch"
                  data-action="once"
                  checked={onlyNext}
                  onChange={(event) => setOnlyNext(event.currentTarget.checked)}
                />
                Only for the next message
              </label>
            )}
          </div>
        );
      }}
    </Dialog>
  );
}

interface OptionProps {
  id: string;
  model: Model;
  active: boolean;
  selected: boolean;
  point(): void;
  take(): void;
}

function Option({ id, model, active, selected, point, take }: OptionProps) {
  return (
    <div
      id={id}
      role="option"
      class="model"
      aria-selected={selected}
      aria-disabled={!model.available}
      data-active={active}
      data-model={model.id}
      onPointerMove={point}
      onClick={take}
    >
      <span class="name">
        {model.name}
        {selected && <CheckIcon />}
      </span>
      <Badges model={model} />
      {!model.available && <span class="why">{model.unavailableBecause ?? "It cannot be used now."}</span>}
    </div>
  );
}

const ABILITIES = [["reasoning", "thinks"], ["tools", "tools"], ["vision", "vision"]] as const;

/** What tells models apart. What nobody knows of a model is no badge; of its window and price, a dash. */
function Badges({ model }: { model: Model }) {
  const { contextTokens, price, abilities } = model;
  return (
    <span class="badges">
      {ABILITIES.map(([ability, word]) =>
        abilities[ability] === true && <span key={ability} class="badge">{word}</span>
      )}
      <span
        class="figure"
        title={contextTokens === null ? "Context unknown" : `${count(contextTokens)} tokens of context`}
      >
        <span class="sr-only">context</span> {windowOf(contextTokens)}
        {contextTokens === null && <span class="sr-only">unknown</span>}
      </span>
      <span class="figure price" title={price === null ? "Price unknown" : "Per million tokens, in and out"}>
        <span class="sr-only">price</span> {priceOf(price)}
        <span class="sr-only">{price === null ? "unknown" : isFree(price) ? "" : " per million tokens"}</span>
      </span>
    </span>
  );
}
