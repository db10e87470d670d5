// The service worker that ends itself, for a day when the other one does harm: put it in the place of `sw.js` and
// deploy. A browser asks for that file at the next visit, whatever its old worker does.
addEventListener("install", () => self.skipWaiting());

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) await caches.delete(name);
    await self.registration.unregister();
    // Tabs go on without a worker at once. What was typed in them is kept.
    for (const tab of await self.clients.matchAll({ type: "window" })) await tab.navigate(tab.url);
  })());
});
