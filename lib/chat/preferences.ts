// What a person wants in all conversations. One record for each person, told to all their tabs by the commit that changes it.
import type { Id } from "../core/ids.ts";
import { preferencesKey, userTopic } from "../kv/keys.ts";
import { getLargeAt, replaceLarge } from "../kv/parts.ts";
import type { Append } from "../kv/plan.ts";
import type { Store } from "../kv/store.ts";
import type { PatchPreferences } from "../protocol/api.ts";
import { NO_PREFERENCES, type Preferences } from "../protocol/preferences.ts";

export async function readPreferences(store: Store, userId: Id): Promise<Preferences> {
  return (await getLargeAt(store, preferencesKey(userId))).value ?? NO_PREFERENCES;
}

/** The preferences with what was patched. Of two tabs that patch other members, both stand. @throws AppError `busy` */
export async function patchPreferences(
  { store, append }: { store: Store; append: Append },
  userId: Id,
  wanted: PatchPreferences,
): Promise<Preferences> {
  const key = preferencesKey(userId);
  let patched = NO_PREFERENCES;
  await append(async () => {
    const { value: before, versionstamp } = await getLargeAt(store, key);
    const preferences = patched = { ...before ?? NO_PREFERENCES, ...wanted };
    if (JSON.stringify(preferences) === JSON.stringify(before ?? NO_PREFERENCES)) return null;
    return {
      topics: [{ topic: userTopic(userId), entries: [{ type: "preferences", data: { preferences } }] }],
      checks: [{ key, versionstamp }],
      writes: () => replaceLarge(key, before, preferences),
    };
  });
  return patched;
}
