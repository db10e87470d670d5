// What a page does when it has settled: nobody waits for it, and the first paint shall not.
import { systemClock } from "../core/time.ts";
import { ClientError } from "./api.ts";
import { idIn, type Store } from "./store.ts";

/** Loads it once the page stands; at once on a page without words, which is filled by it. */
export function settle(store: Store): void {
  // It is handed what the page has: what it imported would be split off the page's own files, which became larger so.
  const begin = () =>
    void import("./afterwards.ts").then(
      ({ afterwards }) =>
        afterwards(store, {
          clock: systemClock,
          open: idIn(location.pathname),
          ClientError,
        }),
      () => {
        // No network, and nothing kept: the page works as it is, and says itself that it is not connected.
      },
    );
  if (store.person.peek() === null || document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
}
