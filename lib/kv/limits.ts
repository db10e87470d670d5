// What KV accepts, and how large a value will be once it is encoded.

/** Largest value, as encoded. */
export const VALUE_BYTES_MAX = 65_536;
/** Largest atomic commit, keys and values together. */
export const COMMIT_BYTES_MAX = 819_200;
/** Most mutations in one commit. */
export const COMMIT_WRITES_MAX = 1_000;
/** Most checks in one commit: the self-hosted KV server's limit, lower than the embedded one's 100. */
export const COMMIT_CHECKS_MAX = 10;
/** Most keys of one `getMany`. */
export const GET_MANY_MAX = 10;
/** One write unit, as it is billed: 1 KiB of key and value, rounded up per key. */
export const WRITE_UNIT_BYTES = 1_024;

const NOT_LATIN_1 = /[\u0100-\uffff]/;

/** What the encoder writes before a value. */
const ENVELOPE_BYTES = 2;

/**
 * Bytes of a value as KV encodes it (V8's structured clone), never too low. A string costs a byte a character, or two
 * when a single character of it is not Latin-1. For what this program stores: JSON, and bytes.
 */
export function encodedBytes(value: unknown): number {
  return ENVELOPE_BYTES + memberBytes(value);
}

/** Bytes of a value within another. */
export function memberBytes(value: unknown): number {
  switch (typeof value) {
    case "string":
      return stringBytes(value, NOT_LATIN_1.test(value));
    case "number":
      return 9;
    case "object":
      break;
    default:
      return 2;
  }
  if (value === null) return 1;
  if (value instanceof Uint8Array) return value.byteLength + 12;
  let bytes = 9;
  if (Array.isArray(value)) {
    for (const item of value) bytes += memberBytes(item);
    return bytes;
  }
  for (const [name, member] of Object.entries(value)) bytes += memberBytes(name) + memberBytes(member);
  return bytes;
}

/** Two-byte strings begin at an even place. */
function stringBytes({ length }: string, wide: boolean): number {
  return wide ? 2 + varintBytes(2 * length) + 2 * length : 1 + varintBytes(length) + length;
}

/** Seven bits a byte. */
function varintBytes(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
}

/** Bytes of a key: each part with its type byte, terminator and escapes. */
export function keyBytes(key: Deno.KvKey): number {
  let bytes = 0;
  for (const part of key) bytes += 2 + (typeof part === "string" ? part.length : 9);
  return bytes;
}
