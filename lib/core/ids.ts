// Ids. All are UUIDs; a client may make the ids of its own messages.

/** A lower-case UUID of any version. */
export type Id = string;

/** A source of new ids, injected so that tests can repeat a run. */
export type NewId = () => Id;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case UUID, the only form that is stored, so that one id never becomes two keys. */
export function isId(value: unknown): value is Id {
  return typeof value === "string" && UUID.test(value);
}

export const randomId: NewId = () => crypto.randomUUID();
