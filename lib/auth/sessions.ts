// Sessions: a random token at the client, its hash in the store.
//   S1  The token itself is never stored or logged: whoever reads the store cannot use it.
//   S2  A session ends when it was not used for its time, whenever the store gets round to removing it.
import { isId, type NewId } from "../core/ids.ts";
import type { Id } from "../core/ids.ts";
import type { Clock } from "../core/time.ts";
import { SESSION_TTL_MS, sessionKey } from "../kv/keys.ts";
import { type Key, remove, set, type Store } from "../kv/store.ts";

/** `["session", hash]`. */
export interface Session {
  userId: Id;
  createdAt: number;
  /** When its life was last extended. */
  renewedAt: number;
}

/** Whose session it is. `renewed`: its life was extended just now, and a cookie's should be too. */
export interface FoundSession {
  userId: Id;
  renewed: boolean;
}

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** A session in use is renewed once a day, not with each request: a write costs. */
const RENEW_AFTER_MS = 24 * 60 * 60 * 1000;

export class Sessions {
  readonly #deps: { store: Store; clock: Clock; newId: NewId };

  constructor(deps: { store: Store; clock: Clock; newId: NewId }) {
    this.#deps = deps;
  }

  /** A new anonymous user with a session. The token is shown once, here. */
  async mint(): Promise<{ token: string; userId: Id }> {
    const { store, clock, newId } = this.#deps;
    const token = base64Url(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
    const userId = newId();
    const now = clock.now();
    const session: Session = { userId, createdAt: now, renewedAt: now };
    await store.commit({
      checks: [],
      writes: [set(sessionKey(await digest(token)), session, SESSION_TTL_MS)],
    });
    return { token, userId };
  }

  /** The session of a request, or null. Renews it when that is due. */
  async find(token: string): Promise<FoundSession | null> {
    const read = await this.#read(token);
    if (read === null) return null;
    const { key, session, versionstamp } = read;
    const { store, clock } = this.#deps;
    if (clock.now() - session.renewedAt <= RENEW_AFTER_MS) return { userId: session.userId, renewed: false };
    const renewed: Session = { ...session, renewedAt: clock.now() };
    // A lost race means that another request renewed it, or that it was revoked: both are fine.
    await store.commit({ checks: [{ key, versionstamp }], writes: [set(key, renewed, SESSION_TTL_MS)] });
    return { userId: session.userId, renewed: true };
  }

  /** True while `token` is a session of `userId`. For open streams: it renews nothing, since no cookie can follow. */
  async isLive(token: string, userId: Id): Promise<boolean> {
    return (await this.#read(token))?.session.userId === userId;
  }

  async #read(
    token: string,
  ): Promise<{ key: Key<Session>; session: Session; versionstamp: string | null } | null> {
    if (!TOKEN.test(token)) return null;
    const { store, clock } = this.#deps;
    const key = sessionKey(await digest(token));
    const { value: session, versionstamp } = await store.get(key);
    if (session === null || !isId(session.userId)) return null;
    return clock.now() - session.renewedAt > SESSION_TTL_MS ? null : { key, session, versionstamp };
  }

  /** Ends a session. Its open streams end at their next heartbeat. */
  async revoke(token: string): Promise<void> {
    await this.#deps.store.commit({ checks: [], writes: [remove(sessionKey(await digest(token)))] });
  }
}

async function digest(token: string): Promise<string> {
  return base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))));
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
