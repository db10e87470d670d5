import { assert, assertEquals } from "@std/assert";
import * as keys from "@/lib/kv/keys.ts";

const A = "00000000-0000-4000-8000-00000000000a";
const B = "00000000-0000-4000-8000-00000000000b";
const topic = keys.conversationTopic(A);

/** One key of every kind. A builder that is missing here fails the first test. */
const KEYS = {
  headKey: keys.headKey(topic),
  segmentKey: keys.segmentKey(topic, 1),
  conversationKey: keys.conversationKey(A),
  recentKey: keys.recentKey(A, 1, B),
  trashKey: keys.trashKey(1, A),
  messageKey: keys.messageKey(A, B),
  summaryKey: keys.summaryKey(A, B),
  titleKey: keys.titleKey(A),
  generationKey: keys.generationKey(A),
  cancelKey: keys.cancelKey(A),
  runningKey: keys.runningKey(A),
  sentKey: keys.sentKey(A, B),
  ledgerKey: keys.ledgerKey(A, "2026-11-25", B, 1, 0),
  preferencesKey: keys.preferencesKey(A),
  promptKey: keys.promptKey(A, "00ff"),
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
  trashPrefix: [keys.trashPrefix(), ["trashKey"]],
  messagesPrefix: [keys.messagesPrefix(), ["messageKey"]],
  messagePrefix: [keys.messagePrefix(A), ["messageKey"]],
  summaryPrefix: [keys.summaryPrefix(A), ["summaryKey"]],
  runningPrefix: [keys.runningPrefix(), ["runningKey"]],
  ledgerPrefix: [keys.ledgerPrefix(A, "2026-11-25"), ["ledgerKey"]],
  promptPrefix: [keys.promptPrefix(A), ["promptKey"]],
  breakerPrefix: [keys.breakerPrefix(), ["breakerKey"]],
  pulsePrefix: [keys.pulsePrefix(), ["pulseKey"]],
} satisfies Record<string, [Deno.KvKey, (keyof typeof KEYS)[]]>;

function startsWith(key: Deno.KvKey, prefix: Deno.KvKey): boolean {
  return key.length > prefix.length && prefix.every((part, i) => part === key[i]);
}

Deno.test("the schema: every builder of keys and prefixes is held to these tests", () => {
  const builders = Object.entries(keys).filter(([, it]) => typeof it === "function").map(([name]) => name);
  const known = [...Object.keys(KEYS), ...Object.keys(PREFIXES), "conversationTopic", "userTopic"];
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

Deno.test("the schema: a number in a key sorts as a number", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const seq of [10, 9, 100, 1]) await kv.set(keys.segmentKey(topic, seq), { parts: 1 });
  const listed = await Array.fromAsync(kv.list({ prefix: keys.segmentPrefix(topic) }));
  assertEquals(listed.map(({ key }) => key.at(-1)), [1, 9, 10, 100]);
});
