// A value that is read from signals, but not with each of their changes.
import { effect, type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * What `read` returns: at first and after a change, at most once in `everyMs`. Null before the page is alive. `read` must
 * be of signals alone: it is the one of the first call.
 */
export function usePaced<T>(read: () => T, everyMs: number): Signal<T | null> {
  const value = useSignal<T | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = () => {};
    const look = () => {
      stop();
      let looked = false;
      stop = effect(() => {
        // The second run says that something changed. It reads nothing, so that there is no third.
        if (looked) timer = setTimeout(look, everyMs);
        else value.value = read();
        looked = true;
      });
    };
    look();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return value;
}
