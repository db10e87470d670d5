// The browser around the store, as arguments, so that a test can be the browser.
import type { Id, NewId } from "../core/ids.ts";
import { type Clock, systemClock } from "../core/time.ts";
import { DEVICE_COOKIE, type DeviceSettings, rootAttributes, themeColors } from "../protocol/device.ts";
import type { DevicePorts } from "./device.ts";
import type { Shelf } from "./drafts.ts";
import { browserFrames } from "./frames.ts";
import type { Locks, Note, Port } from "./relay.ts";

export interface PageListener {
  /** The page goes away, for good or into the back-forward cache. */
  hide(): void;
  /** The page is shown; `again` after it came back from that cache. */
  show(again: boolean): void;
  /** It became visible, or the network came back. */
  wake(): void;
  /** It became invisible: animation frames stop. */
  cover(): void;
  /** Another tab has changed what this browser keeps. */
  stored(): void;
  /** The person went back or forward. */
  go(path: string): void;
}

export interface Surroundings {
  fetch: typeof fetch;
  clock: Clock;
  random: () => number;
  newId: NewId;
  shelf: Shelf | null;
  userAgent: string;
  device: DevicePorts;
  locks: Locks | null;
  openPort: ((hear: (note: Note) => void) => Port) | null;
  /** Whether somebody sees the page, and has nothing against motion. */
  moves(): boolean;
  /** Runs `paint` with a frame that comes soon, or at once when there are no frames. */
  nextFrame(paint: () => void): void;
  listen(listener: PageListener): void;
  /** Whether somebody can see the page now. */
  visible(): boolean;
  push(path: string): void;
  /** Leaves for another page. */
  leave(path: string): void;
  title(text: string): void;
}

/** The surroundings of a page that is rendered on a server: a store there only holds what it was given. */
export const NOWHERE: Surroundings = {
  fetch: () => Promise.reject(new Error("A store on a server does not fetch")),
  clock: systemClock,
  random: Math.random,
  newId: () => {
    throw new Error("A store on a server makes no ids");
  },
  shelf: null,
  userAgent: "",
  device: { read: () => undefined, write: () => {}, dark: () => false, mark: () => {} },
  locks: null,
  openPort: null,
  moves: () => false,
  nextFrame: (paint) => paint(),
  listen: () => {},
  visible: () => true,
  push: () => {},
  leave: () => {},
  title: () => {},
};

/** Tabs of another version of the page must not be understood by half. Change it when `Note` changes. */
const CHANNEL = "throughline.2";

/** The surroundings of the page we run in. */
export function browserSurroundings(): Surroundings {
  const frames = browserFrames();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  return {
    fetch: (input, init) => globalThis.fetch(input, init),
    clock: systemClock,
    random: Math.random,
    newId,
    shelf: shelf(),
    userAgent: navigator.userAgent,
    device: { read: readCookie, write: writeCookie, dark: prefersDark, mark },
    locks: (navigator.locks as Locks | undefined) ?? null,
    openPort: typeof BroadcastChannel === "undefined" ? null : openPort,
    moves: () => !document.hidden && !still.matches,
    nextFrame: (paint) => frames.next(paint),
    listen(listener) {
      addEventListener("pagehide", () => listener.hide());
      addEventListener(
        "pageshow",
        (event) => listener.show(event instanceof PageTransitionEvent && event.persisted),
      );
      addEventListener("online", () => listener.wake());
      addEventListener("storage", () => listener.stored());
      addEventListener("popstate", () => listener.go(location.pathname));
      document.addEventListener(
        "visibilitychange",
        () => document.hidden ? listener.cover() : listener.wake(),
      );
    },
    visible: () => !document.hidden,
    // The entry that an open drawer had made for itself is not one to go back to.
    push: (path) => history[history.state?.drawer ? "replaceState" : "pushState"](null, "", path),
    leave: (path) => location.assign(path),
    title: (text) => document.title = text,
  };
}

const YEAR_S = 365 * 24 * 3600;

function readCookie(): string | undefined {
  const pair = document.cookie.split("; ").find((pair) => pair.startsWith(`${DEVICE_COOKIE}=`));
  return pair?.slice(DEVICE_COOKIE.length + 1);
}

function writeCookie(value: string): void {
  document.cookie = `${DEVICE_COOKIE}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
}

function prefersDark(): boolean {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function mark(settings: DeviceSettings): void {
  const root = document.documentElement;
  for (const [name, value] of Object.entries(rootAttributes(settings))) {
    if (value === undefined) root.removeAttribute(name);
    else root.setAttribute(name, value);
  }
  const metas = document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]');
  themeColors(settings).forEach(({ media }, i) => metas[i]?.setAttribute("media", media));
}

function openPort(hear: (note: Note) => void): Port {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<Note>) => hear(event.data);
  return { send: (note) => channel.postMessage(note), close: () => channel.close() };
}

/** Null where storage is forbidden: then drafts live as long as the page. */
function shelf(): Shelf | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null; // merely looking at it throws when cookies are blocked
  }
}

/** A random UUID. `crypto.randomUUID` is missing on plain http beyond localhost, as on a phone in the same network. */
export function newId(): Id {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join("-");
}
