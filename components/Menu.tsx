// A small menu that hangs from a button. The browser lays it over everything and closes it on Escape or a press elsewhere.
import { Component, createRef, type VNode } from "preact";

export interface MenuItem {
  name: string;
  label: string;
  icon?: VNode;
  /** What does the same, as a hint. */
  keys?: string;
  /** More than its name, in small letters. */
  hint?: string;
  danger?: boolean;
  run(): void;
}

/** Where a menu belongs. */
export type MenuPlace = Pick<Props, "anchor" | "closed">;

interface Props {
  label: string;
  items: readonly MenuItem[];
  /** What it hangs from, and what has the focus again when it closes. */
  anchor: HTMLElement;
  closed(): void;
}

/** Between the menu and what it hangs from, and to the edge of the window. */
const GAP_PX = 4;

export class Menu extends Component<Props> {
  readonly #menu = createRef<HTMLDivElement>();
  readonly #anchor = this.props.anchor;

  override componentDidMount(): void {
    const menu = this.#menu.current!;
    menu.showPopover();
    const { left, right, top, bottom } = this.#anchor.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = menu;
    const fitsRight = left + offsetWidth + GAP_PX <= innerWidth;
    const fitsBelow = bottom + offsetHeight + 2 * GAP_PX <= innerHeight;
    menu.style.left = `${Math.max(GAP_PX, fitsRight ? left : right - offsetWidth)}px`;
    menu.style.top = `${Math.max(GAP_PX, fitsBelow ? bottom + GAP_PX : top - offsetHeight - GAP_PX)}px`;
    this.#items()[0]?.focus();
  }

  #items(): HTMLElement[] {
    return [...this.#menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []];
  }

  readonly #toggled = (event: Event & { newState: string }) => {
    if (event.newState === "open") return;
    const { activeElement } = document;
    const here = activeElement === document.body || this.#menu.current?.contains(activeElement);
    if (here) this.#anchor.focus();
    this.props.closed();
  };

  readonly #pressed = (event: KeyboardEvent) => {
    const items = this.#items();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const named = (from: number) =>
      items.findIndex((item, i) =>
        i > from && item.textContent?.toLowerCase().startsWith(event.key.toLowerCase())
      );
    const steps: Record<string, number> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    event.stopPropagation();
    if (event.key === "Tab") this.#menu.current?.hidePopover();
    const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ";
    const to = steps[event.key] ?? (letter ? named(at) >= 0 ? named(at) : named(-1) : undefined);
    if (to === undefined || to < 0) return;
    event.preventDefault();
    items[to]?.focus();
  };

  override render({ label, items }: Props) {
    return (
      <div
        ref={this.#menu}
        class="menu-list"
        popover="auto"
        role="menu"
        aria-label={label}
        onToggle={this.#toggled}
        onKeyDown={this.#pressed}
      >
        {items.map(({ name, label, icon, keys, hint, danger, run }) => (
          <button
            key={name}
            type="button"
            role="menuitem"
            tabIndex={-1}
            class={danger ? "danger" : undefined}
            data-action={name}
            onClick={() => {
              // Closed first: what is done next may want the focus.
              this.#menu.current?.hidePopover();
              run();
            }}
          >
            {icon}
            <span>
              {label}
              {hint !== undefined && <small>{hint}</small>}
            </span>
            {keys !== undefined && <kbd aria-hidden="true">{keys}</kbd>}
          </button>
        ))}
      </div>
    );
  }
}
