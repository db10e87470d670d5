// The service worker: the page without words (`/offline`) and the files that it is made of, kept for when there is no
// network. It serves every build and names none, so no deploy ever waits for a worker.
//   W1  A page comes from the network. Only when that says nothing for a while is the kept one shown.
//   W2  A file whose address names its build is the same for ever, and is answered from here first.
//   W3  Nothing else is touched: no /api/, no stream, nothing that is not GET or not of this origin.
//   W4  Files of an old build stay while another tab may still want them, and no longer.

const SHELL = "/offline";
const PREFIX = "throughline.files.";
/** A page that takes longer is not what a person waits for; what was kept is there at once. */
const PAGE_MS_MAX = 4_000;
/** What a proxy says of a server that is not there. */
const GONE = [502, 503, 504];
/** Builds whose files are kept while old tabs are open: each is some hundred kilobytes. */
const BUILDS_MAX = 3;
/** Files of one build. More means that the search below goes in circles. */
const FILES_MAX = 200;
/** A part that is larger is kept when it was wanted once: what sets formulas is 80 KB. */
const PART_BYTES_MAX = 40 * 1024;

addEventListener("install", (event) => {
  event.waitUntil(keepBuild().then(() => self.skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.registration.navigationPreload?.enable(), self.clients.claim()]));
});

/** A page that has settled says which files it is made of. If they are not here, there is a new build. */
addEventListener("message", (event) => {
  if (event.data?.kind === "settled") event.waitUntil(settled(event.data.files));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && isPage(url)) event.respondWith(page(event));
  else if (isFile(url)) event.respondWith(file(event));
});

function isPage({ pathname }) {
  return pathname === "/" || pathname === SHELL || pathname.startsWith("/c/");
}

/** Whether the address names a build, as Fresh does for its modules and for what goes through `asset()`. */
function isFile({ pathname, searchParams }) {
  return pathname.startsWith("/_fresh/js/") || searchParams.has("__frsh_c");
}

async function page(event) {
  const answer = fromNetwork(event);
  event.waitUntil(answer.catch(() => {})); // whoever does not wait for it any more has something better
  const late = new Promise((resolve) => setTimeout(resolve, PAGE_MS_MAX, null));
  const response = await Promise.race([answer.catch(() => null), late]);
  if (response !== null && !GONE.includes(response.status)) return response;
  // Nothing is kept, as when storage is full: then whatever the network says in the end.
  return await keptShell() ?? await answer;
}

async function fromNetwork(event) {
  return await event.preloadResponse ?? await fetch(event.request);
}

async function file(event) {
  const kept = await caches.match(event.request, { ignoreVary: true });
  if (kept !== undefined) return kept;
  const response = await fetch(event.request);
  if (isForEver(response)) event.waitUntil(keepFile(event.request, response.clone()));
  return response;
}

/** A part that somebody wanted belongs to the newest build, or to one that goes with the next cleaning. */
async function keepFile(request, response) {
  const [newest] = await builds();
  if (newest !== undefined) await (await caches.open(newest)).put(request, response);
}

function isForEver(response) {
  return response.ok && (response.headers.get("cache-control") ?? "").includes("immutable");
}

async function keptShell() {
  for (const name of await builds()) {
    const kept = await (await caches.open(name)).match(SHELL);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/** Names of the caches that hold a build, the newest first. */
async function builds() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX)).reverse();
}

async function settled(files) {
  const [newest] = await builds();
  const shell = newest === undefined ? undefined : await (await caches.open(newest)).match(SHELL);
  const text = await shell?.text() ?? "";
  const same = files.every((url) => text.includes(url.slice(location.origin.length)));
  await clean(same ? newest : await keepBuild());
}

async function clean(current) {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const old = (await builds()).filter((name) => name !== current);
  const stay = tabs.length > 1 ? BUILDS_MAX - 1 : 0;
  await Promise.all(old.slice(stay).map((name) => caches.delete(name)));
}

/** Fetches the page without words and its files, and returns the name of the cache they are in. */
async function keepBuild() {
  const shell = await fetch(SHELL, { cache: "no-store" });
  if (!shell.ok) throw new Error(`${SHELL} answered with status ${shell.status}`);
  const text = `${shell.headers.get("link") ?? ""} ${await shell.clone().text()}`;
  const named = addresses(text, /["'<](\/[^"'<>\s]+)[>"']/g, location.origin);
  const name = PREFIX + await digest([...named].sort().join(" "));
  // After a rollback it may be there, and not be the newest.
  if ((await builds())[0] !== name) await caches.delete(name);
  const cache = await caches.open(name);
  /** What is loaded with the page, and parts of it that are loaded when they are wanted. */
  const [files, parts] = [new Set(named), new Set()];
  for (const url of files) {
    if (files.size > FILES_MAX) throw new Error(`More than ${FILES_MAX} files of one build`);
    const source = await keep(cache, url, Infinity);
    for (const one of addresses(source, /(?:\bfrom|\bimport)\s*["']([\w./$-]+\.js)["']/g, url)) {
      files.add(one);
    }
    for (const one of addresses(source, /\bimport\(\s*["']([\w./$-]+\.js)["']/g, url)) parts.add(one);
  }
  for (const url of parts) {
    if (parts.size > FILES_MAX) throw new Error(`More than ${FILES_MAX} parts of one build`);
    if (files.has(url)) continue;
    const source = await keep(cache, url, PART_BYTES_MAX);
    for (const one of addresses(source, /\bfrom\s*["']([\w./$-]+\.js)["']/g, url)) parts.add(one);
  }
  // With it the build is whole, and is what opens without a network.
  await cache.put(SHELL, shell);
  return name;
}

/** Keeps one file, and returns what it says if it is a module. */
async function keep(cache, url, bytesMax) {
  const kept = await cache.match(url, { ignoreVary: true });
  const response = kept ?? await fetch(url);
  if (kept === undefined && !isForEver(response)) throw new Error(`${url} cannot be kept`);
  const isModule = new URL(url).pathname.endsWith(".js");
  if (kept === undefined) {
    if (Number(response.headers.get("content-length")) > bytesMax) {
      await response.body?.cancel();
      return "";
    }
    await cache.put(url, response.clone());
  }
  return isModule ? await response.text() : "";
}

/** The files that a text names. */
function addresses(text, pattern, base) {
  const found = new Set();
  for (const [, address] of text.matchAll(pattern)) {
    const url = new URL(address, base);
    if (url.origin === location.origin && isFile(url)) found.add(url.href);
  }
  return found;
}

async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
