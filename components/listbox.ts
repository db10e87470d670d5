// A list under a field: the focus stays in the field, and keys move what is pointed at in the list.
import { type RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** What PageUp and PageDown go over. */
const PAGE = 5;

/** Where a key leads from the `at`th of `count` options, around the ends; undefined when it leads nowhere. */
export function stepped(event: KeyboardEvent, at: number, count: number): number | undefined {
  if (count === 0 || event.altKey || event.shiftKey) return undefined;
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: count - 1,
    PageDown: Math.min(at + PAGE, count - 1),
    PageUp: Math.max(at - PAGE, 0),
  };
  const to = steps[event.key];
  return to === undefined ? undefined : (to + count) % count;
}

/** Keeps what is pointed at in view: in the middle at first. Above the first there is its heading. */
export function useInView(list: RefObject<HTMLElement>, at: number, query: string): void {
  const opened = useRef(false);
  useEffect(() => {
    const block = opened.current ? "nearest" : "center";
    if (at === 0) list.current?.scrollTo(0, 0);
    else list.current?.querySelector("[data-active=true]")?.scrollIntoView({ block });
    opened.current = true;
  }, [at, query]);
}
