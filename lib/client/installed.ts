// The service worker of this browser (`static/sw.js`), which keeps the page and its files for when there is no network.

/** Asks for it, and tells it what this page is made of, so that it notices a new build. */
export function install(): void {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return; // plain http beyond localhost, or a browser that has none
  serviceWorker.register("/sw.js", { updateViaCache: "none" })
    .then(() => serviceWorker.ready)
    .then(({ active }) => active?.postMessage({ kind: "settled", files: files() }))
    .catch(() => {
      // A private window, blocked storage or no network: then there is no page while offline, and all else is as it is.
    });
}

/** Each names its build. */
function files(): string[] {
  return Array.from(document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]'), ({ href }) => href);
}
