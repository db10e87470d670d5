// Deep equality: by structure for plain things, by identity for things without one.
//   NaN equals NaN; 0 equals -0. A missing key differs from one that is undefined.
//   Maps and Sets compare without order. Cycles compare by shape.

/** Whether two values are deeply equal. */
export function equal(a: unknown, b: unknown): boolean {
  return new Comparison().same(a, b);
}

class Comparison {
  /** Pairs being compared further up: meeting one again means that both sides cycle alike. */
  #open = new Map<object, Set<object>>();

  same(a: unknown, b: unknown): boolean {
    if (a === b || Object.is(a, b)) return true;
    if (
      typeof a !== "object" || typeof b !== "object" || a === null || b === null
    ) return false;
    if (!sameKind(a, b)) return false;
    const partners = this.#open.get(a) ?? new Set();
    if (partners.has(b)) return true;
    this.#open.set(a, partners.add(b));
    const result = this.#structure(a, b);
    partners.delete(b);
    return result;
  }

  #structure(a: object, b: object): boolean {
    if (a instanceof WeakMap || a instanceof WeakSet || a instanceof Promise) {
      return false;
    }
    if (a instanceof WeakRef && b instanceof WeakRef) {
      return this.same(a.deref(), b.deref());
    }
    if (a instanceof Date && b instanceof Date) {
      return Object.is(a.getTime(), b.getTime());
    }
    if (a instanceof RegExp && b instanceof RegExp) {
      return String(a) === String(b);
    }
    if (a instanceof URL && b instanceof URL) return a.href === b.href;
    if (isBoxed(a) && isBoxed(b)) return this.same(a.valueOf(), b.valueOf());
    if (a instanceof Error && b instanceof Error && !this.#errors(a, b)) {
      return false;
    }
    if (
      a instanceof ArrayBuffer || a instanceof SharedArrayBuffer ||
      a instanceof DataView
    ) {
      return sameBytes(bytesOf(a), bytesOf(b as typeof a));
    }
    if (ArrayBuffer.isView(a)) {
      return this.#numbers(a as Uint8Array, b as Uint8Array);
    }
    if (a instanceof Map && b instanceof Map) {
      return this.#entries([...a], [...b]) && this.#keys(a, b);
    }
    if (a instanceof Set && b instanceof Set) {
      return this.#members(a, b) && this.#keys(a, b);
    }
    if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) {
      return false;
    }
    return this.#keys(a, b);
  }

  #errors(a: Error, b: Error): boolean {
    return a.name === b.name && a.message === b.message &&
      this.same(a.cause, b.cause);
  }

  #numbers(a: Uint8Array, b: Uint8Array): boolean {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
    }
    return true;
  }

  #keys(a: object, b: object): boolean {
    const keys = enumerableKeys(a);
    if (keys.length !== enumerableKeys(b).length) return false;
    return keys.every((key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) &&
      this.same(Reflect.get(a, key), Reflect.get(b, key))
    );
  }

  #members(a: Set<unknown>, b: Set<unknown>): boolean {
    return this.#entries(
      [...a].map((value) => [value, true]),
      [...b].map((value) => [value, true]),
    );
  }

  /** Each left entry takes one right entry for itself: identical keys first, then any deeply equal one. */
  #entries(left: [unknown, unknown][], right: [unknown, unknown][]): boolean {
    if (left.length !== right.length) return false;
    const byKey = new Map(right);
    const open: [unknown, unknown][] = [];
    for (const [key, value] of left) {
      if (byKey.has(key) && this.same(value, byKey.get(key))) byKey.delete(key);
      else open.push([key, value]);
    }
    return open.every(([key, value]) => {
      for (const [otherKey, otherValue] of byKey) {
        if (this.same(key, otherKey) && this.same(value, otherValue)) {
          return byKey.delete(otherKey);
        }
      }
      return false;
    });
  }
}

/** Same class. A null prototype counts as a plain object. */
function sameKind(a: object, b: object): boolean {
  const left = Object.getPrototypeOf(a) ?? Object.prototype;
  const right = Object.getPrototypeOf(b) ?? Object.prototype;
  return left === right ||
    (a.constructor === b.constructor && typeof a.constructor === "function");
}

function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number ||
    value instanceof Boolean ||
    value instanceof BigInt || value instanceof Symbol;
}

function enumerableKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function bytesOf(value: ArrayBufferLike | DataView): Uint8Array {
  return value instanceof DataView
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
