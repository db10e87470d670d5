// What there is of the keys before the code that listens to them is here.
import type { Store } from "./store.ts";

/**
 * Loads that code when the page has settled. A key is a reason not to wait, and to try again after a failure; so is an
 * address that names a message: who came for one should not look at another first.
 */
export function listenSoon(store: Store, whenIdle: (work: () => void) => void, listening: () => void): void {
  let loading = false;
  const load = () => {
    if (loading) return;
    loading = true;
    import("./keyboard.ts").then(({ listen }) => {
      removeEventListener("keydown", early);
      listen(store);
      listening();
    }, () => loading = false);
  };
  const early = (event: KeyboardEvent) => {
    load();
    // The browser has another use for it, and asks only now.
    if (!(event.ctrlKey || event.metaKey) || event.key !== "k" || store.dialog.peek() !== null) return;
    if (store.device.settings.peek().shortcuts === "off") return;
    event.preventDefault();
    store.dialog.value = "palette";
  };
  addEventListener("keydown", early);
  if (location.hash.startsWith("#m-")) load();
  else whenIdle(load);
}
