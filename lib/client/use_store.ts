// The store in an island.
import { useEffect, useMemo } from "preact/hooks";
import { type Seed, type Store, storeFor } from "./store.ts";

/** The store, with what this island brings; it starts when the last island is on the page. */
export function useStore(seed: Seed): Store {
  const store = useMemo(() => storeFor(seed), []);
  useEffect(() => store.start(), []);
  return store;
}
