// Pictures of every page and state, on a desktop and a phone, light and dark, for a person to look at.
//   deno task screenshots                     all of them, into a folder that it prints
//   deno task screenshots --only settings     those whose name has it
//   deno task screenshots --to ./pictures     into that folder
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import type { Message, Part } from "../lib/protocol/message.ts";
import { Api } from "./support/api.ts";
import { startApp, type TestApp } from "./support/app.ts";
import { DESKTOP, NETWORK_DOWN, PHONE, withBrowser } from "./support/browser.ts";
import { ChatPage } from "./support/chat_page.ts";
import { Network } from "./support/network.ts";
import { join, tmpdir } from "./support/paths.ts";
import { Pen } from "./support/pen.ts";

interface Place {
  page: Page;
  network: Network;
}

interface Shot {
  name: string;
  /** The path of the page. Absent: the one before is gone on with. */
  at?: string;
  /** Does what has to be done first. False: there is nothing to see at this place. */
  act?(place: Place): Promise<boolean | void>;
  /** Puts back what the next picture must not have. */
  after?(place: Place): Promise<void>;
}

/** What is animated is drawn as it stands; this is until it stands. */
const SETTLED_MS = 350;
/** A part that is loaded on demand. */
const PART_MS_MAX = 10_000;

const press = (selector: string) => async ({ page }: Place) => {
  const button = page.locator(selector).first();
  if (!await button.isVisible()) return false;
  await button.click();
};
const opened = (action: string, shown: string) => async (place: Place) => {
  if (await press(`[data-action="${action}"]`)(place) === false) return false;
  await place.page.locator(shown).first().waitFor({ timeout: PART_MS_MAX });
};
const escape = ({ page }: Place) => page.keyboard.press("Escape");

/** Every picture. What depends on a conversation has its path from `conversations`. */
function shots(paths: Record<keyof typeof CONVERSATIONS, string>): Shot[] {
  return [
    { name: "empty", at: "/" },
    { name: "chat", at: paths.everything },
    {
      name: "chat-top",
      act: async ({ page }) => void await page.locator(".log").evaluate((el) => el.scrollTo(0, 0)),
    },
    {
      name: "facts",
      act: async ({ page }) => {
        const facts = page.locator('[data-action="facts"]').last();
        await facts.scrollIntoViewIfNeeded();
        await facts.click();
        await page.locator(".details").first().waitFor({ timeout: PART_MS_MAX });
      },
    },
    { name: "tools", at: paths.tools },
    { name: "streaming", at: paths.streaming },
    { name: "thinking", at: paths.thinking },
    { name: "reasoning", at: paths.reasoning },
    { name: "waiting", at: paths.waiting },
    { name: "failed", at: paths.failed },
    { name: "stopped", at: paths.stopped },
    { name: "queue", at: paths.queue },
    {
      name: "queue-editing",
      act: async (place) => await press('[data-action="edit-queued"]')(place),
      after: escape,
    },
    { name: "arabic", at: paths.arabic },
    {
      name: "draft",
      at: paths.arabic,
      act: async ({ page }) =>
        await page.locator("#composer").fill("A draft of\nmore than one line.\n\nAnd a third."),
      after: async ({ page }) => await page.locator("#composer").fill(""),
    },
    { name: "models", at: paths.everything, act: opened("model", "[data-model]"), after: escape },
    { name: "gauge", act: opened("context", ".gauge-figures:not([hidden])"), after: escape },
    { name: "settings", act: opened("settings", ".settings") },
    ...[1, 2, 3, 4].map((at): Shot => ({
      name: `settings-${at + 1}`,
      act: async ({ page }) => {
        const tab = page.locator('.settings [role="tab"]').nth(at);
        if (!await tab.isVisible()) return false;
        await tab.click();
      },
    })),
    {
      name: "drawer",
      at: paths.everything,
      act: press('[data-action="menu"]'),
      after: async (place) => {
        await escape(place);
        // It leaves by going back, and a page that is asked for meanwhile would be left as well.
        await place.page.locator('.sidebar[data-open="false"]').waitFor({ state: "attached" });
        await place.page.waitForFunction(() => history.state === null);
      },
    },
    {
      name: "outline",
      at: paths.everything,
      act: opened("outline", "dialog[open]"),
      after: escape,
    },
    ...(["archive-list", "trash"] as const).map((action): Shot => ({
      name: action,
      at: paths.everything,
      act: async (place) => {
        await press('[data-action="menu"]')(place);
        return await opened(action, "dialog[open] [data-kept]")(place);
      },
      after: escape,
    })),
    ...(["Control+k", "?"] as const).map((key): Shot => ({
      name: key === "?" ? "shortcuts" : "palette",
      at: paths.everything,
      act: async ({ page }) => {
        await page.locator(".log").focus();
        await page.keyboard.press(key);
        const dialog = page.locator("dialog[open]").first();
        return await dialog.waitFor({ timeout: 1_000 }).then(() => true, () => false);
      },
      after: escape,
    })),
    {
      name: "offline",
      at: paths.everything,
      act: async ({ page, network }) => {
        network.down();
        await page.locator('body:not([data-connection="live"])').waitFor({ timeout: PART_MS_MAX });
        await page.locator("#composer").fill("Sent without a network");
        await page.locator("#composer").press("Enter");
      },
      after: ({ network }) => Promise.resolve(network.up()),
    },
    { name: "not-found", at: `/c/${crypto.randomUUID()}` },
  ];
}

/** Conversations in every state, each written by a pen. */
const CONVERSATIONS = {
  everything: async (pen: Pen) => {
    const first = await pen.ask("What can you show me? Please use everything you have.", {
      model: "demo/tour",
    });
    await pen.put(
      done(first, [{ type: "reasoning", text: "They want one of everything." }, text(EVERYTHING)]),
    );
    const second = await pen.ask("Thanks. In one line: why is the sky blue?", { model: "demo/tour" });
    await pen.put(done(second, [text("Air scatters **blue** light more than red.")], { rating: "up" }));
  },
  tools: async (pen: Pen) => {
    const answer = await pen.ask("What is 17 × 23, and what is the weather in Lisbon?");
    await pen.put(done(answer, [
      text("Let me see."),
      call("c1", "calculator", '{"expression":"17 * 23"}'),
      { type: "tool_result", callId: "c1", ok: true, output: "391" },
      call("c2", "get_weather", '{"place":"Lisbon","days":3}'),
      { type: "tool_result", callId: "c2", ok: false, output: "The service answered 503." },
      text("It is **391**. The weather is not to be had now."),
    ]));
    const running = await pen.ask("And 391 × 2?");
    await pen.write(running.id, [call("c3", "calculator", '{"expression":"391 * 2"}')]);
  },
  streaming: async (pen: Pen) => {
    const answer = await pen.ask("Write me a haiku, and say how it is made.", { model: "demo/tour" });
    await pen.write(answer.id, [
      text("An old silent pond…\n\nA frog jumps into the pond,\nsplash! Silence again.\n\n## How it is ma"),
    ]);
  },
  thinking: async (pen: Pen) => void await pen.ask("Are you there?"),
  reasoning: async (pen: Pen) => {
    const answer = await pen.ask("Which is heavier, a kilogram of feathers or of lead?");
    await pen.write(answer.id, [{
      type: "reasoning",
      text: "Both are a kilogram.\n\nThe question wants me to say **lead**",
    }]);
  },
  waiting: async (pen: Pen) => {
    const waiting = {
      until: Date.now() + 100_000,
      code: "provider_rate_limit" as const,
      detail: "OpenAI is limiting requests.",
      tried: 1,
      triesMax: 3,
    };
    await pen.ask("Are you busy?", { waiting });
  },
  failed: async (pen: Pen) => {
    const answer = await pen.ask("Tell me a long story.", { model: "openai/gpt-6.1-sol" });
    const error = {
      code: "provider_overloaded" as const,
      detail: "OpenAI is overloaded. Try again in a moment, or choose another model.",
      requestId: crypto.randomUUID(),
      providerRequestId: "req_011CUnf8",
    };
    await pen.put({
      ...done(answer, [text("Once upon a time there was a log that forgot nothing, and")]),
      status: "failed",
      error,
    });
  },
  stopped: async (pen: Pen) => {
    const answer = await pen.ask("Count to a million.", { model: "demo/tour" });
    await pen.put({
      ...done(answer, [text("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18")]),
      status: "cancelled",
    });
  },
  queue: async (_: Pen, api: Api, id: string) => {
    await api.send(id, { text: "count to 100000" });
    await api.send(id, { text: "And when you have done that, count back again." });
    await api.send(id, {
      text: "Then tell me, in a sentence that is longer than a phone is wide, what you have learnt from it.",
    });
  },
  arabic: async (pen: Pen) => {
    const answer = await pen.ask("اكتب لي قائمة قصيرة", { model: "demo/tour" });
    await pen.put(done(answer, [text("هذه قائمة:\n\n- الأول\n- الثاني\n\n日本語の文です。\n\n> اقتباس")]));
  },
} satisfies Record<string, (pen: Pen, api: Api, id: string) => Promise<void>>;

const EVERYTHING = `# One of everything

A paragraph with **bold**, *slanted*, ~~struck~~, \`code\`, a [link](https://example.com) and \\(e^{i\\pi} + 1 = 0\\).

## Lists

1. first
2. second
   - within it
- [x] done
- [ ] to do

> Somebody said this, and somebody else quoted it.

| Model | Window | Price |
| :---- | -----: | ----: |
| small | 128K | $0.10 |
| large | 1M | $2.00 |

\`\`\`ts
export function add(a: number, b: number): number {
  return a + b; // a comment that is long enough to need a scrollbar on the screen of a phone
}
\`\`\`

$$
\\int_0^1 x^2 \\, dx = \\frac{1}{3}
$$

![a picture](https://example.com/picture.png)

---

That is all.`;

function text(text: string): Part {
  return { type: "text", text };
}

function call(callId: string, name: string, args: string): Part {
  return { type: "tool_call", callId, name, args };
}

function done(answer: Message, parts: Part[], change: Partial<Message> = {}): Message {
  const usage = { inputTokens: 1_234, outputTokens: 567, cachedInputTokens: 1_024 };
  const timings = { firstTokenMs: 420, totalMs: 6_800 };
  return { ...answer, status: "complete", parts, usage, timings, costMicroUsd: 1_102, ...change };
}

/** Writes all conversations for one person, oldest first. */
async function written(app: TestApp, api: Api): Promise<Record<keyof typeof CONVERSATIONS, string>> {
  const paths: Record<string, string> = {};
  for (const [name, write] of Object.entries(CONVERSATIONS).reverse()) {
    const { id } = await api.create({ model: "demo/tour" });
    await write(new Pen(app.kv, id), api, id);
    await api.patch(id, { title: TITLES[name] ?? name });
    paths[name] = `/c/${id}`;
  }
  for (const title of ["Notes for a talk", "A trip that was not made"]) {
    const { id } = await api.create({ model: "demo/tour", title });
    await api.patch(id, { archived: true });
    const gone = await api.create({ model: "demo/tour", title: `${title}, the first draft` });
    await (await api.request("DELETE", `/api/conversations/${gone.id}`)).body?.cancel();
  }
  return paths;
}

const TITLES: Record<string, string> = {
  everything: "One of everything",
  failed: "A story that was cut short, with a title longer than its place",
  arabic: "قائمة قصيرة",
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" }, to: { type: "string" } } });
  const folder = values.to ?? join(tmpdir(), "throughline-screenshots");
  await Deno.mkdir(folder, { recursive: true });
  await using app = await startApp({ env: { DEMO_TOKENS_PER_SECOND: "2" } });
  const api = await Api.session(app.url);
  const paths = await written(app, api);
  await using network = await Network.to(app.url);
  const session = { url: network.url, cookie: api.cookie };
  let taken = 0;
  await withBrowser(async (browser) => {
    browser.expect(NETWORK_DOWN);
    browser.expect(/status of 404/);
    for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      for (const colorScheme of ["light", "dark"] as const) {
        const phone = size === "phone";
        const context = await browser.context({
          session,
          viewport,
          colorScheme,
          touch: phone,
          reducedMotion: true,
        });
        const tab = await ChatPage.open(context, network.url);
        const { page } = tab;
        const place: Place = { page, network };
        let at: string | undefined;
        for (const shot of shots(paths)) {
          // One that goes on with another page needs that page, whether or not it is wanted itself.
          at = shot.at ?? at;
          if (values.only !== undefined && !shot.name.includes(values.only)) continue;
          if (shot.at !== undefined || !page.url().endsWith(at!)) {
            const response = await page.goto(network.url + at, { waitUntil: "load" });
            if (response?.ok()) await tab.live();
          }
          if (await shot.act?.(place) === false) {
            console.log(`${shot.name}: nothing to see on a ${size}`);
            continue;
          }
          await page.waitForTimeout(SETTLED_MS);
          await page.screenshot({ path: join(folder, `${shot.name}-${size}-${colorScheme}.png`) });
          taken += 1;
          await shot.after?.(place);
        }
        await context.close();
      }
    }
  }, { mouse: true });
  console.log(`${taken} pictures in ${folder}`);
}

if (import.meta.main) await main();
