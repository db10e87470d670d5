// The surroundings of one page, for a store.
import { NOWHERE, type PageListener, type Surroundings } from "@/lib/client/surroundings.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { FakeBrowser, FakeShelf } from "./fake_browser.ts";
import { FakeServer } from "./fake_server.ts";
import { id } from "./sample.ts";

export interface FakeSurroundings extends Surroundings {
  clock: FakeClock;
  shelf: FakeShelf;
  server: FakeServer;
  /** Addresses in the order of their opening. */
  paths: string[];
  /** Pages that the page was left for. */
  left: string[];
  titles: string[];
  /** What the next frame will paint. */
  frames: (() => void)[];
  hidden: boolean;
  listener(): PageListener;
}

/** `made` begins the ids that the page makes. */
export function fakePage(made = 500): FakeSurroundings {
  const server = new FakeServer();
  const browserPage = new FakeBrowser().page();
  const paths: string[] = [];
  const titles: string[] = [];
  const left: string[] = [];
  const frames: (() => void)[] = [];
  let listener: PageListener | null = null;
  const page: FakeSurroundings = {
    hidden: false,
    server,
    paths,
    left,
    titles,
    frames,
    clock: new FakeClock(),
    shelf: new FakeShelf(),
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    device: NOWHERE.device,
    fetch: server.fetch,
    random: () => 0.5,
    newId: () => id(made++),
    locks: browserPage.locks,
    openPort: browserPage.openPort,
    moves: () => false,
    nextFrame: (paint) => void frames.push(paint),
    listen: (given) => listener = given,
    visible: () => !page.hidden,
    push: (path) => void paths.push(path),
    leave: (path) => void left.push(path),
    title: (text) => void titles.push(text),
    listener: () => {
      if (listener === null) throw new Error("The store does not listen yet");
      return listener;
    },
  };
  return page;
}
