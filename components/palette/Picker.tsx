// A field, and under it what can be chosen. The focus stays in the field; the list follows it.
import { type ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../Dialog.tsx";
import { CloseIcon } from "../Icons.tsx";

export interface Choice {
  id: string;
  view: ComponentChildren;
  /** Done when the dialog is gone, and has given the focus back. */
  take(): void;
  /** It is about the list itself, which stays. */
  stays?: true;
  /** Where it leads: with Ctrl or Cmd, in a tab of its own. */
  href?: string;
  /** It is where the person is already. */
  current?: boolean;
}

export interface Shelf {
  name: string;
  /** Its heading; none for what belongs to the list as a whole. */
  label?: string;
  choices: readonly Choice[];
}

export interface PickerProps {
  label: string;
  placeholder: string;
  query: string;
  charsMax?: number;
  typed(query: string): void;
  shelves: readonly Shelf[];
  /** What Enter takes before anybody moved. Absent: the first. */
  first?: string;
  /** What there is to say of the list. */
  status: string;
  /** It is being made. */
  busy?: boolean;
  closed(): void;
}

/** What PageUp and PageDown go over. */
const PAGE = 5;

export function Picker(props: PickerProps) {
  const { label, placeholder, query, shelves, status } = props;
  const [active, setActive] = useState<string | undefined>(props.first);
  const list = useRef<HTMLDivElement>(null);
  const taken = useRef<(() => void) | null>(null);
  const id = useId();
  const choices = shelves.flatMap((shelf) => shelf.choices);
  const at = Math.max(0, choices.findIndex((choice) => choice.id === active));
  const pointed = choices[at];
  const option = (choice: Choice) => `${id}-${choices.indexOf(choice)}`;

  const opened = useRef(false);
  useEffect(() => {
    const block = opened.current ? "nearest" : "center";
    const row = list.current?.querySelector("[data-active=true]");
    // Above the first there is its heading.
    if (at === 0) list.current?.scrollTo(0, 0);
    else row?.scrollIntoView({ block });
    opened.current = true;
  }, [active, query]);

  const closed = () => {
    props.closed();
    taken.current?.();
  };
  return (
    <Dialog class="dialog palette" label={label} closed={closed}>
      {(close) => {
        const take = (choice: Choice | undefined, aside: boolean) => {
          if (choice === undefined) return;
          if (aside && choice.href !== undefined) return void open(choice.href, "_blank", "noopener");
          if (choice.stays) return choice.take();
          taken.current = choice.take;
          close();
        };
        const pressed = (event: KeyboardEvent) => {
          if (event.isComposing || event.keyCode === 229) return;
          const { key } = event;
          const mod = event.ctrlKey || event.metaKey;
          const steps: Record<string, number> = {
            ArrowDown: at + 1,
            ArrowUp: at - 1,
            Home: 0,
            End: choices.length - 1,
            PageDown: Math.min(at + PAGE, choices.length - 1),
            PageUp: Math.max(at - PAGE, 0),
          };
          const to = event.altKey || event.shiftKey ? undefined : steps[key];
          if (to !== undefined && choices.length > 0) {
            event.preventDefault();
            setActive(choices[(to + choices.length) % choices.length]!.id);
          } else if (key === "Enter") {
            event.preventDefault();
            if (!event.repeat) take(pointed, mod);
          } else if (mod && key.toLowerCase() === "k") {
            event.preventDefault(); // what opened it closes it
            if (!event.repeat) close();
          }
        };
        return (
          <div class="sheet" onKeyDown={pressed}>
            <header>
              <input
                type="text"
                inputmode="search"
                enterkeyhint="go"
                role="combobox"
                aria-label={label}
                aria-expanded={choices.length > 0}
                aria-controls={`${id}-list`}
                aria-autocomplete="list"
                aria-activedescendant={pointed === undefined ? undefined : option(pointed)}
                placeholder={placeholder}
                autocomplete="off"
                spellcheck={false}
                autofocus
                maxLength={props.charsMax}
                value={query}
                onInput={(event) => {
                  setActive(undefined);
                  props.typed(event.currentTarget.value);
                }}
              />
              <button type="button" class="icon" title="Close" onClick={close}>
                <CloseIcon />
                <span class="sr-only">Close</span>
              </button>
            </header>
            <div
              ref={list}
              id={`${id}-list`}
              class="choices"
              role="listbox"
              aria-label={label}
              aria-busy={props.busy === true}
              tabIndex={-1}
              // The focus stays in the field.
              onMouseDown={(event) => event.preventDefault()}
            >
              {shelves.map((shelf) =>
                shelf.choices.length > 0 && (
                  <div
                    key={shelf.name}
                    role="group"
                    data-shelf={shelf.name}
                    aria-label={shelf.label ?? label}
                  >
                    {shelf.label !== undefined && <h3 role="presentation">{shelf.label}</h3>}
                    {shelf.choices.map((choice) => (
                      <div
                        key={choice.id}
                        id={option(choice)}
                        role="option"
                        class="choice"
                        data-choice={choice.id}
                        data-active={choice === pointed}
                        aria-selected={choice === pointed}
                        aria-current={choice.current ? "true" : undefined}
                        onPointerMove={() => setActive(choice.id)}
                        onClick={(event) => take(choice, event.ctrlKey || event.metaKey)}
                        onAuxClick={(event) => event.button === 1 && take(choice, true)}
                      >
                        {choice.view}
                      </div>
                    ))}
                  </div>
                )
              )}
            </div>
            <p class="found" role="status" data-busy={props.busy === true}>{status}</p>
          </div>
        );
      }}
    </Dialog>
  );
}
