import { assert, assertEquals } from "@std/assert";
import * as keys from "@/lib/kv/keys.ts";

const A = "00000000-0000-4000-8000-00000000000a";
const B = "00000000-0000-4000-8000-00000000000b";
/** A conversation; no other id is this one. */
const C = "00000000-0000-4000-8000-00000000000c";
const topic = keys.conversationTopic(C);

/** One key of every kind. A builder that is missing here fails the first test. */
const KEYS = {
  headKey: keys.headKey(topic),
  segmentKey: keys.segmentKey(topic, 1),
  conversationKey: keys.conversationKey(C),
  recentKey: keys.recentKey(A, 1, C),
  archivedKey: keys.archivedKey(A, 1, C),
  pinnedKey: keys.pinnedKey(A, C),
  trashKey: keys.trashKey(1, C),
  trashedKey: keys.trashedKey(A, 1, C),
  messageKey: keys.messageKey(C, B),
  removedKey: keys.removedKey(C, B),
  forkKey: keys.forkKey(C),
  summaryKey: keys.summaryKey(C, B),
  titleKey: keys.titleKey(C),
  generationKey: keys.generationKey(A),
  cancelKey: keys.cancelKey(A),
  runningKey: keys.runningKey(A),
  sentKey: keys.sentKey(C, B),
  ledgerKey: keys.ledgerKey(A, "2026-11-25", B, 1, 0),
  preferencesKey: keys.preferencesKey(A),
  promptKey: keys.promptKey(C, "00ff"),
  sessionKey: keys.sessionKey(A),
  breakerKey: keys.breakerKey("openai/gpt"),
  pulseKey: keys.pulseKey(A),
  probeKey: keys.probeKey(),
} satisfies Record<string, Deno.KvKey>;

/** Each prefix, and the keys that it must list. */
const PREFIXES = {
  segmentPrefix: [keys.segmentPrefix(topic), ["segmentKey"]],
  topicPrefix: [keys.topicPrefix(topic), ["headKey", "segmentKey"]],
  recentPrefix: [keys.recentPrefix(A), ["recentKey"]],
  archivedPrefix: [keys.archivedPrefix(A), ["archivedKey"]],
  pinnedPrefix: [keys.pinnedPrefix(A), ["pinnedKey"]],
  trashPrefix: [keys.trashPrefix(), ["trashKey"]],
  trashedPrefix: [keys.trashedPrefix(A), ["trashedKey"]],
  titlePrefix: [keys.titlePrefix(C), ["titleKey"]],
  sentPrefix: [keys.sentPrefix(C), ["sentKey"]],
  messagesPrefix: [keys.messagesPrefix(), ["messageKey"]],
  messagePrefix: [keys.messagePrefix(C), ["messageKey"]],
  removedPrefix: [keys.removedPrefix(C), ["removedKey"]],
  forkPrefix: [keys.forkPrefix(C), ["forkKey"]],
  summaryPrefix: [keys.summaryPrefix(C), ["summaryKey"]],
  runningPrefix: [keys.runningPrefix(), ["runningKey"]],
  ledgerPrefix: [keys.ledgerPrefix(A, "2026-11-25"), ["ledgerKey"]],
  promptPrefix: [keys.promptPrefix(C), ["promptKey"]],
  breakerPrefix: [keys.breakerPrefix(), ["breakerKey"]],
  pulsePrefix: [keys.pulsePrefix(), ["pulseKey"]],
} satisfies Record<string, [Deno.KvKey, (keyof typeof KEYS)[]]>;

function startsWith(key: Deno.KvKey, prefix: Deno.KvKey): boolean {
  return key.length > prefix.length && prefix.every((part, i) => part === key[i]);
}

Deno.test("the schema: every builder of keys and prefixes is held to these tests", () => {
  const builders = Object.entries(keys).filter(([, it]) => typeof it === "function").map(([name]) => name);
  const known = [
    ...Object.keys(KEYS),
    ...Object.keys(PREFIXES),
    "conversationTopic",
    "userTopic",
    "ownedPrefixes",
  ];
  assertEquals(builders.toSorted(), known.toSorted());
});

Deno.test("the schema: no two kinds of value share a key, even for one id", () => {
  const seen = new Set(Object.values(KEYS).map((key) => JSON.stringify(key)));
  assertEquals(seen.size, Object.keys(KEYS).length);
  assert(keys.conversationTopic(A) !== keys.userTopic(A));
});

Deno.test("the schema: a prefix lists its own kind of key and no other", () => {
  for (const [name, [prefix, own]] of Object.entries(PREFIXES)) {
    const listed = Object.entries(KEYS).filter(([, key]) => startsWith(key, prefix)).map(([kind]) => kind);
    assertEquals(listed, own, name);
  }
});

Deno.test("B1: whatever is stored under a conversation's id goes with it, or is its record or its row in a list", () => {
  const owned = keys.ownedPrefixes(C);
  const listed = ["conversationKey", "recentKey", "archivedKey", "pinnedKey", "trashKey", "trashedKey"];
  const named = Object.entries(KEYS).filter(([, key]) => key.some((part) => String(part).includes(C)));
  const kept = named.filter(([, key]) => !owned.some((prefix) => startsWith(key, prefix))).map(([kind]) =>
    kind
  );
  assertEquals(kept, listed);
  // And nothing else goes.
  const gone = Object.entries(KEYS).filter(([, key]) => owned.some((prefix) => startsWith(key, prefix)));
  assertEquals(
    gone.map(([kind]) => kind),
    named.map(([kind]) => kind).filter((kind) => !listed.includes(kind)),
  );
});

Deno.test("the schema: a number in a key sorts as a number", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const seq of [10, 9, 100, 1]) await kv.set(keys.segmentKey(topic, seq), { parts: 1 });
  const listed = await Array.fromAsync(kv.list({ prefix: keys.segmentPrefix(topic) }));
  assertEquals(listed.map(({ key }) => key.at(-1)), [1, 9, 10, 100]);
});
