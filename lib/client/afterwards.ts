// What a page does when it has settled.
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import type { ClientError } from "./api.ts";
import { guardDrawer } from "./drawer.ts";
import { install } from "./installed.ts";
import { Keeper } from "./keeper.ts";
import { Kept } from "./kept.ts";
import { Offline } from "./offline.ts";
import type { Store } from "./store.ts";
import { followViewport } from "./viewport.ts";

const NOT_KEPT = "This conversation is not kept in this browser. It opens when the server can be reached.";

export interface Given {
  clock: Clock;
  /** The conversation that the address names. */
  open: Id | null;
  ClientError: typeof ClientError;
}

export async function afterwards(store: Store, { clock, open, ClientError }: Given): Promise<void> {
  guardDrawer(store.drawer);
  followViewport();
  const kept = await Kept.open();
  const notKept = new ClientError({ code: "network", detail: NOT_KEPT, status: 0 });
  const offline = new Offline({ store, kept, clock, locks: navigator.locks ?? null, notKept });
  if (store.person.peek() === null) await offline.fill(open);
  offline.watch();
  await new Keeper(store, kept, clock).begin();
  install();
}
