// The sidebar as a drawer, on a phone: while it is open, the page behind is out of reach, and the ways that a person
// tries to close it close it: Escape, a swipe, the back button.
import { effect, type Signal } from "@preact/signals";

/** As the style sheets have it: wider, the sidebar is no drawer. */
const NARROW = "(max-width: 48rem)";
/** A finger that moves further, and rather sideways, swipes. */
const SWIPE_PX = 40;

export function guardDrawer(drawer: Signal<boolean>): void {
  const narrow = matchMedia(NARROW);
  narrow.addEventListener("change", () => drawer.value = false);
  effect(() => {
    if (drawer.value && narrow.matches) return guard(() => drawer.value = false);
  });
}

/** Returns what undoes it. */
function guard(close: () => void): () => void {
  const before = document.activeElement;
  const behind = document.querySelector<HTMLElement>(".app > main");
  if (behind !== null) behind.inert = true;
  // Back closes the drawer, and stays on the page.
  history.pushState({ drawer: true }, "");
  const guarded = new AbortController();
  const { signal } = guarded;
  addEventListener("popstate", close, { signal });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close(), { signal });
  let start: Touch | undefined;
  document.addEventListener(
    "touchstart",
    ({ touches }) => start = touches.length === 1 ? touches[0] : undefined,
    {
      signal,
      passive: true,
    },
  );
  document.addEventListener("touchend", ({ changedTouches: [end] }) => {
    if (start === undefined || end === undefined) return;
    const leftPx = start.clientX - end.clientX;
    if (leftPx > SWIPE_PX && leftPx > 2 * Math.abs(start.clientY - end.clientY)) close();
  }, { signal, passive: true });
  return () => {
    guarded.abort();
    if (behind !== null) behind.inert = false;
    if (before instanceof HTMLElement) before.focus();
    // Whoever closed it by going to a conversation has put that in the place of our entry, in this same task.
    setTimeout(() => history.state?.drawer && history.back());
  };
}
