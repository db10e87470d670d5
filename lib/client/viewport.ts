// Keeps the app within what can be seen above a keyboard that lies over the page. Where the keyboard resizes the page
// (`interactive-widget=resizes-content`), there is nothing to do; Safari on iOS only moves what is seen.

/** Less than this is a bar of the browser, or rounding. */
const KEYBOARD_PX_MIN = 120;

export function followViewport(view: VisualViewport | null = globalThis.visualViewport): void {
  if (view === null) return;
  const root = document.documentElement;
  const follow = () => {
    const covered = root.clientHeight - view.height;
    // Whoever zooms in looks at a part, and does not want it to move.
    const keyboard = view.scale < 1.01 && covered > KEYBOARD_PX_MIN;
    root.toggleAttribute("data-keyboard", keyboard);
    root.style.setProperty("--view-height", keyboard ? `${view.height}px` : "");
    root.style.setProperty("--view-top", keyboard ? `${view.offsetTop}px` : "");
  };
  view.addEventListener("resize", follow);
  view.addEventListener("scroll", follow);
  follow();
}
