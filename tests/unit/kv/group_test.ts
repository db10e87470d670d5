// Group commit on a real KV, with the sending in the test's hands.
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { systemClock } from "@/lib/core/time.ts";
import { GroupCommit, type Send } from "@/lib/kv/group.ts";
import { COMMIT_CHECKS_MAX } from "@/lib/kv/limits.ts";
import type { Transaction } from "@/lib/kv/store.ts";
import { FakeClock } from "../../support/clock.ts";

const BYTES = 100;

/** A transaction that writes `keys`, each checked not to exist before, or to have `versionstamp`. */
function writing(value: unknown, keys: readonly string[], versionstamp: string | null = null): Transaction {
  return {
    checks: keys.map((key) => ({ key: [key], versionstamp })),
    writes: keys.map((key) => ({ key: [key], value })),
  };
}

/** Sends to `kv`, and keeps what was sent. The first waits until `release` is called. */
function held(kv: Deno.Kv) {
  const sent: Transaction[] = [];
  const { promise, resolve: release } = Promise.withResolvers<void>();
  const send: Send = async (transaction) => {
    sent.push(transaction);
    if (sent.length === 1) await promise;
    const operation = kv.atomic();
    for (const check of transaction.checks) operation.check(check);
    for (const { key, value } of transaction.writes) operation.set(key, value);
    const result = await operation.commit();
    return result.ok ? result.versionstamp : null;
  };
  return { sent, send, release };
}

Deno.test("what is ready while a commit is under way leaves together, in one atomic operation", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sent, send, release } = held(kv);
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const first = group.commit(writing(0, ["a"]), BYTES);
  const others = ["b", "c", "d"].map((key, i) => group.commit(writing(i + 1, [key]), BYTES));
  assertEquals(sent.length, 1, "the first leaves at once, and alone");
  release();
  const versionstamps = await Promise.all(others);
  assertEquals(sent.map(({ writes }) => writes.map(({ key }) => key[0])), [["a"], ["b", "c", "d"]]);
  assertEquals(new Set(versionstamps).size, 1);
  assert(await first !== versionstamps[0]);
});

Deno.test("Q1: transactions that share a key are never joined, and keep their order", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sent, send, release } = held(kv);
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const all = [
    group.commit(writing("first", ["a"]), BYTES),
    group.commit(writing("b1", ["b", "shared"]), BYTES),
    group.commit(writing("c", ["c"]), BYTES),
    group.commit(writing("late", ["shared"]), BYTES),
    // It waits behind the one before it, whose key it shares, and so does not overtake it.
    group.commit({ checks: [], writes: [{ key: ["shared"], value: "last" }] }, BYTES),
  ];
  release();
  const versionstamps = await Promise.all(all);
  assertEquals(versionstamps.map((one) => one !== null), [true, true, true, false, true]);
  for (const { writes } of sent) {
    const names = writes.map(({ key }) => key[0]);
    assertEquals(new Set(names).size, names.length, `${names} were joined`);
  }
  assertEquals((await kv.get(["shared"])).value, "last");
});

Deno.test("Q2: a conflict of one fails that one alone", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(["taken"], "by somebody");
  const { send, release } = held(kv);
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const all = ["a", "b", "taken", "c"].map((key) => group.commit(writing(1, [key]), BYTES));
  release();
  assertEquals((await Promise.all(all)).map((one) => one === null), [false, false, true, false]);
  assertEquals((await kv.get(["taken"])).value, "by somebody");
});

Deno.test("Q3: one that KV does not take throws alone, and those that were joined with it land", async () => {
  using kv = await Deno.openKv(":memory:");
  const { send, release } = held(kv);
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const first = group.commit(writing(1, ["a"]), BYTES);
  const poison = group.commit({ checks: [], writes: [{ key: ["p"], value: () => {} }] }, BYTES);
  const other = group.commit(writing(1, ["b"]), BYTES);
  const refused = assertRejects(() => poison);
  release();
  await Promise.all([first, other, refused]);
  assertEquals((await kv.get(["b"])).value, 1);
});

Deno.test("Q3: a group that landed although its answer was lost throws for each, and changes nothing twice", async () => {
  using kv = await Deno.openKv(":memory:");
  const { send: take, release } = held(kv);
  let loses = false;
  const send: Send = async (transaction) => {
    const versionstamp = await take(transaction);
    if (loses && transaction.writes.length > 1) throw new Error("the answer was lost");
    return versionstamp;
  };
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const first = group.commit(writing(1, ["a"]), BYTES);
  loses = true;
  const lost = ["b", "c"].map((key) =>
    assertRejects(() => group.commit(writing(1, [key]), BYTES), Error, "lost")
  );
  release();
  await Promise.all([first, ...lost]);
  assertEquals([(await kv.get(["b"])).value, (await kv.get(["c"])).value], [1, 1]);
});

Deno.test("a group has as many checks as the store takes, and no more", async () => {
  using kv = await Deno.openKv(":memory:");
  const { sent, send, release } = held(kv);
  const group = new GroupCommit(send, new FakeClock(), COMMIT_CHECKS_MAX);
  const all = Array.from({ length: 35 }, (_, i) => group.commit(writing(i, [`k${i}`]), BYTES));
  release();
  await Promise.all(all);
  for (const { checks } of sent) assert(checks.length <= COMMIT_CHECKS_MAX, `${checks.length} checks`);
  assertEquals(sent.reduce((sum, { checks }) => sum + checks.length, 0), 35);
  assert(sent.length < 35, "nothing was joined");
});

Deno.test("Q4: a commit that hangs holds those behind it back for a moment, and not for ever", async () => {
  using kv = await Deno.openKv(":memory:");
  const { send, release } = held(kv);
  const clock = new FakeClock();
  const group = new GroupCommit(send, clock, COMMIT_CHECKS_MAX);
  const hanging = group.commit(writing(1, ["a"]), BYTES);
  const behind = group.commit(writing(1, ["b"]), BYTES);
  await clock.advance(10);
  assert(await behind !== null);
  release();
  await hanging;
});

Deno.test("any transactions, sent at once, leave what some order of them one by one would leave", async () => {
  const transactions = fc.array(
    fc.record({
      keys: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1, maxLength: 3 }),
      checked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(transactions, async (list) => {
      using kv = await Deno.openKv(":memory:");
      const send: Send = async ({ checks, writes }) => {
        const operation = kv.atomic();
        for (const check of checks) operation.check(check);
        for (const { key, value } of writes) operation.set(key, value);
        const result = await operation.commit();
        return result.ok ? result.versionstamp : null;
      };
      const group = new GroupCommit(send, systemClock, COMMIT_CHECKS_MAX);
      const results = await Promise.all(list.map(({ keys, checked }, i) => {
        const { checks, writes } = writing(i, keys);
        return group.commit({ checks: checked ? checks : [], writes }, BYTES);
      }));
      // A checked one lands only where none of its keys was written before, so that at most one can have each key first.
      const firsts = new Map<string, number>();
      for (const [i, { keys, checked }] of list.entries()) {
        if (!checked) assert(results[i] !== null, "one without checks was refused");
        if (!checked || results[i] === null) continue;
        for (const key of keys) {
          assertEquals(firsts.get(key), undefined, `two transactions found ${key} empty`);
          firsts.set(key, i);
        }
      }
      // What stands at a key was written whole, by one that landed.
      for (const key of ["a", "b", "c", "d", "e", "f"] as const) {
        const { value } = await kv.get<number>([key]);
        if (value === null) continue;
        assert(list[value]!.keys.includes(key) && results[value] !== null);
      }
    }),
    { numRuns: 60 },
  );
});
