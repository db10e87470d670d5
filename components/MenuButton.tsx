// A button that opens a menu. What is in the menu is loaded when somebody reaches for it.
import type { ComponentType } from "preact";
import { useRef, useState } from "preact/hooks";
import { MoreIcon } from "./Icons.tsx";
import { Lazy, prepare } from "./Lazy.tsx";
import type { MenuPlace } from "./Menu.tsx";

interface Props<P> {
  label: string;
  action: string;
  load: () => Promise<ComponentType<P & MenuPlace>>;
  /** What the menu is given. */
  with: P;
  failed(): void;
}

export function MenuButton<P extends object>({ label, action, load, with: given, failed }: Props<P>) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  /** A press outside of a menu closes it, also one on this button: that must not open it again. */
  const wasOpen = useRef(false);
  const closed = () => setOpen(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon"
        data-action={action}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onPointerEnter={() => prepare(load)}
        onFocus={() => prepare(load)}
        onPointerDown={() => void (wasOpen.current = open)}
        onClick={() => setOpen(!wasOpen.current)}
      >
        <MoreIcon />
        <span class="sr-only">{label}</span>
      </button>
      {open && (
        <Lazy
          load={load}
          with={{ ...given, anchor: button.current!, closed }}
          failed={() => {
            closed();
            failed();
          }}
        />
      )}
    </>
  );
}
