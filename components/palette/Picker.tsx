// A field, and under it what can be chosen. The focus stays in the field; the list follows it.
import { type ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../Dialog.tsx";
import { CloseIcon } from "../Icons.tsx";
import { stepped, useInView } from "../listbox.ts";
import { isComposing } from "../../lib/client/composition.ts";

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

  useInView(list, at, query);

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
          if (isComposing(event)) return;
          const { key } = event;
          const mod = event.ctrlKey || event.metaKey;
          const to = stepped(event, at, choices.length);
          if (to !== undefined) {
            event.preventDefault();
            setActive(choices[to]!.id);
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
