// Everything by its name: commands, conversations, models, and whatever was said.
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Command, commandsOf } from "../../lib/client/commands.ts";
import { matching } from "../../lib/client/catalog.ts";
import { count } from "../../lib/client/figures.ts";
import { Finder, type Finding, hasWords, PAUSE_MS, type Titled } from "../../lib/client/finding.ts";
import { reveal } from "../../lib/client/reveal.ts";
import { hintOf, onMac } from "../../lib/client/shortcuts.ts";
import type { Store } from "../../lib/client/store.ts";
import { QUERY_CHARS_MAX, type SearchHit } from "../../lib/protocol/api.ts";
import type { Model } from "../../lib/protocol/model.ts";
import { type Choice, Picker, type Shelf } from "./Picker.tsx";

/** Of each kind, as many as can be taken in at a look; what was said comes in pages of the server's. */
const COMMANDS_MAX = 5;
const RECENT_MAX = 6;
const TITLES_MAX = 8;
const MODELS_MAX = 5;

export function Palette({ store, closed }: { store: Store; closed(): void }) {
  const [query, setQuery] = useState("");
  const finder = useMemo(() =>
    new Finder({
      pause: () => new Promise((over) => setTimeout(over, PAUSE_MS)),
      search: (query, cursor) => store.api.search(query, cursor),
      titles: (q) => store.api.list({ q }),
    }), []);
  useEffect(() => () => finder.close(), []);
  const [found, setFound] = useState<Finding>(finder.found.peek());
  useEffect(() => finder.found.subscribe(setFound), []);
  const commands = useMemo(() => commandsOf(store), []);
  const words = query.trim();
  const shelves = words === ""
    ? [
      { name: "recent", label: "Recent chats", choices: recent(store) },
      {
        name: "commands",
        label: "Commands",
        choices: commands.map((command) => commandChoice(store, command)),
      },
    ]
    : shelvesFor(store, words, commands, finder, found);
  const isMine = found.query === words;
  const total = shelves.reduce((sum, { name, choices }) => name === "rest" ? sum : sum + choices.length, 0);
  return (
    <Picker
      label="Search and commands"
      placeholder="Search, or type a command"
      query={query}
      charsMax={QUERY_CHARS_MAX}
      typed={(text) => {
        setQuery(text);
        void finder.ask(text);
      }}
      shelves={shelves}
      status={words === "" ? "" : statusOf(isMine ? found : null, total, words)}
      busy={found.state === "looking"}
      closed={closed}
    />
  );
}

function shelvesFor(
  store: Store,
  words: string,
  commands: readonly Command[],
  finder: Finder,
  found: Finding,
): Shelf[] {
  const { conversations } = store.library.listing.peek();
  const known = conversations.filter(({ title }) => hasWords(title, words));
  const here = new Set(known.map(({ id }) => id));
  const titled = [...known, ...found.titles.filter(({ id }) => !here.has(id))].slice(0, TITLES_MAX);
  // "model" asks for all of them.
  const modelWords = words.replace(/^models?\b/i, "").trim();
  const models = matching(store.models.peek().models.filter((model) => model.available), modelWords)
    .flatMap((shelf) => shelf.models).slice(0, MODELS_MAX);
  return [
    {
      name: "commands",
      label: "Commands",
      choices: commands.filter(({ says, also }) => hasWords(`${says} ${also}`, words)).slice(0, COMMANDS_MAX)
        .map((command) => commandChoice(store, command)),
    },
    {
      name: "chats",
      label: "Chats",
      choices: titled.map((conversation) => conversationChoice(store, conversation)),
    },
    { name: "models", label: "Use for this chat", choices: models.map((model) => modelChoice(store, model)) },
    { name: "messages", label: "Messages", choices: found.hits.map((hit) => hitChoice(store, hit)) },
    { name: "rest", choices: rest(finder, found) },
  ];
}

/** What can be done about a list that is not whole. */
function rest(finder: Finder, { state, nextCursor }: Finding): Choice[] {
  const act = (id: string, says: string, take: () => void): Choice => ({
    id,
    view: <span class="name">{says}</span>,
    take,
    stays: true,
  });
  const more = nextCursor === null ? [] : [act("more", "More messages", () => void finder.more())];
  switch (state) {
    case "failed":
      return [act("again", "Try again", () => void finder.again())];
    case "incomplete":
      return [...more, act("again", "Search again, further back", () => void finder.again())];
    case "whole":
      return more;
    default:
      return [];
  }
}

/** Null: what was found is of other words. */
function statusOf(found: Finding | null, total: number, words: string): string {
  switch (found?.state) {
    case "none":
      return total === 0 ? "One more letter searches your messages." : "";
    case "failed":
      return `The search failed. ${found.failure?.detail ?? ""}`;
    case "incomplete":
      return `${countOf(total)}. Not everything could be searched in time: older chats are missing.`;
    case "whole":
      return total === 0
        ? `Nothing has “${words}”.`
        : `${countOf(total)}${found.nextCursor === null ? "" : ", and more"}.`;
    default:
      return "Searching…";
  }
}

function countOf(total: number): string {
  return total === 0 ? "Nothing found yet" : `${count(total)} found`;
}

function recent(store: Store): Choice[] {
  const open = store.open.id.peek();
  return store.library.listing.peek().conversations.filter(({ id }) => id !== open).slice(0, RECENT_MAX)
    .map((conversation) => conversationChoice(store, conversation));
}

function commandChoice(store: Store, { name, says, shortcut, run }: Command): Choice {
  const hinted = shortcut !== undefined && store.device.settings.peek().shortcuts === "on";
  return {
    id: `command-${name}`,
    view: (
      <>
        <span class="name">{says}</span>
        {hinted && <kbd>{hintOf(shortcut, onMac())}</kbd>}
      </>
    ),
    take: run,
  };
}

function conversationChoice(store: Store, { id, title, updatedAt, archived }: Titled): Choice {
  return {
    id: `chat-${id}`,
    view: (
      <>
        <span class="name" dir="auto">{title || "New conversation"}</span>
        <small>{archived && "Archived · "}{dayOf(updatedAt)}</small>
      </>
    ),
    href: `/c/${id}`,
    current: id === store.open.id.peek(),
    take: () => {
      store.drawer.value = false;
      void store.go(id);
    },
  };
}

function modelChoice(store: Store, { id, name }: Model): Choice {
  const current = id === store.choice.standing.peek();
  return {
    id: `model-${id}`,
    view: (
      <>
        <span class="name">{name}</span>
        <small>{current ? "Chosen" : id}</small>
      </>
    ),
    current,
    take: () => void store.choice.choose(id),
  };
}

function hitChoice(store: Store, hit: SearchHit): Choice {
  const { conversationId, messageId, title, role, createdAt, excerpt, ranges } = hit;
  return {
    id: `message-${messageId}`,
    view: (
      <>
        <span class="excerpt" dir="auto">{marked(excerpt, ranges)}</span>
        <small>
          {role === "user" ? "You" : "Answer"} in <span dir="auto">{title || "New conversation"}</span>,{" "}
          {dayOf(createdAt)}
        </small>
      </>
    ),
    href: `/c/${conversationId}#m-${messageId}`,
    take: () => {
      const words = ranges.map(([start, end]) => excerpt.slice(start, end));
      void reveal(store, { conversationId, messageId, words });
    },
  };
}

function marked(text: string, ranges: SearchHit["ranges"]) {
  const pieces = ranges.map(([start, end], i) => [
    text.slice(ranges[i - 1]?.[1] ?? 0, start),
    <mark key={start}>{text.slice(start, end)}</mark>,
  ]);
  return [...pieces, text.slice(ranges.at(-1)?.[1] ?? 0)];
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** The year only where it is another. */
function dayOf(at: number): string {
  return new Date(at).getFullYear() === new Date().getFullYear() ? DAY.format(at) : DAY_AND_YEAR.format(at);
}
