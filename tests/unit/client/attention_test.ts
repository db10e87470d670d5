import { assertEquals } from "@std/assert";
import { Attention } from "@/lib/client/attention.ts";
import { FakeClock } from "@/tests/support/clock.ts";
import { conversation, id } from "./sample.ts";

interface Tab {
  visible: boolean;
  open: string | null;
  marked: boolean;
  notified: string[];
  attention: Attention;
}

function browser(wanted: boolean, ...tabs: Pick<Tab, "visible" | "open">[]) {
  const clock = new FakeClock();
  const told = new Set<string>();
  const made = tabs.map((given): Tab => {
    const tab: Tab = { ...given, marked: false, notified: [], attention: undefined as unknown as Attention };
    tab.attention = new Attention({
      clock,
      visible: () => tab.visible,
      open: () => tab.open,
      wanted: () => wanted,
      mark: (marked) => tab.marked = marked,
      claim: (what) => Promise.resolve(!told.has(what) && Boolean(told.add(what))),
      notify: ({ title }) => void tab.notified.push(title),
    });
    return tab;
  });
  const listed = (running: string | null) =>
    made.forEach(({ attention }) =>
      attention.listed([conversation({ running }), conversation({ id: id(2) })])
    );
  return {
    clock,
    tabs: made,
    async answer(generation: string) {
      listed(null);
      listed(generation);
      listed(null);
      await clock.advance(5_000);
    },
  };
}

Deno.test("T13: of three hidden tabs that which shows the conversation notifies, once, and its title is marked", async () => {
  const { tabs, answer } = browser(
    true,
    { visible: false, open: id(2) },
    { visible: false, open: id(1) },
    { visible: false, open: null },
  );
  await answer(id(50));
  assertEquals(tabs.map(({ notified }) => notified), [[], ["A title"], []]);
  assertEquals(tabs.map(({ marked }) => marked), [false, true, false]);
  tabs[1]!.visible = true;
  tabs[1]!.attention.woke();
  assertEquals(tabs[1]!.marked, false);
  tabs[1]!.visible = false;
  await answer(id(51));
  assertEquals(tabs[1]!.notified.length, 2, "the next answer is another");
});

Deno.test("T13: an answer that no tab shows any more is told by one of them", async () => {
  const { tabs, answer } = browser(true, { visible: false, open: null }, { visible: false, open: id(2) });
  await answer(id(50));
  assertEquals(tabs.flatMap(({ notified }) => notified), ["A title"]);
});

Deno.test("T13: while one tab is looked at none notifies; the hidden one that shows it is marked", async () => {
  const { tabs, answer } = browser(true, { visible: false, open: id(1) }, { visible: true, open: id(2) });
  await answer(id(50));
  assertEquals(tabs.map(({ notified, marked }) => [notified, marked]), [[[], true], [[], false]]);
});

Deno.test("T13: who does not want notifications gets none, and the mark", async () => {
  const { tabs, answer } = browser(false, { visible: false, open: id(1) });
  await answer(id(50));
  assertEquals([tabs[0]!.notified, tabs[0]!.marked], [[], true]);
});
