import { assertEquals, assertNotEquals } from "@std/assert";
import { Here, nameOf } from "@/lib/client/here.ts";
import { FakeShelf } from "./fake_browser.ts";
import { id } from "./sample.ts";

const UBUNTU = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

function browser(shelf: FakeShelf | null, made = 1) {
  return new Here({ shelf, newId: () => id(made++), userAgent: UBUNTU });
}

Deno.test("a browser is called what its person calls it", () => {
  const webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0";
  const agents: [string, string][] = [
    [UBUNTU, "Firefox on Linux"],
    ["Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome} Mobile Safari/537.36`, "Chrome on Android"],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${
        chrome.replace("Chrome", "SamsungBrowser/28.0 Chrome")
      } Safari/537.36`,
      "Samsung Internet on Android",
    ],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/143.0`, "Edge on Windows"],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 OPR/127.0`, "Opera on Windows"],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chrome} Safari/537.36`, "Chrome on ChromeOS"],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/26.0 Safari/605.1.15`,
      "Safari on macOS",
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${webkit} CriOS/143.0 Mobile/15E148 Safari/604.1`,
      "Chrome on iPhone",
    ],
    [
      `Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) ${webkit} Version/18.6 Mobile/15E148 Safari/604.1`,
      "Safari on iPad",
    ],
    ["curl/8", "A browser"],
    ["Links (2.29; Linux)", "A browser on Linux"],
  ];
  for (const [agent, name] of agents) assertEquals(nameOf(agent), name, agent);
});

Deno.test("a browser keeps its id, and another has another; what somebody else wrote in its place is none", () => {
  const shelf = new FakeShelf();
  const { device } = browser(shelf);
  assertEquals(device, { id: id(1), name: "Firefox on Linux" });
  assertEquals(browser(shelf, 2).device.id, id(1));
  assertNotEquals(browser(new FakeShelf(), 3).device.id, id(1));
  shelf.setItem("throughline.device", "<script>");
  assertEquals(browser(shelf, 4).device.id, id(4));
});

Deno.test("where nothing can be kept a page is a device of its own", () => {
  const full = new FakeShelf();
  full.full = true;
  for (const shelf of [null, full]) {
    const page = browser(shelf, 5);
    assertEquals([page.device.id, page.device.id], [id(5), id(5)]);
  }
});
