/**
 * Maps and sets that are replaced, not changed; and the batch, which copies each but once however much it changes.
 *
 * Who holds a map from before a batch keeps it as it was. A batch's own maps must not be read by anybody else before it
 * is over.
 */

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const left = new Map(map);
  left.delete(key);
  return left;
}

/** Changes that become visible together. */
export class Batch {
  /** What this batch made, and may therefore change in place. */
  readonly #own = new WeakSet<object>();

  put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
    const own = this.#owned(map, () => new Map(map));
    own.set(key, value);
    return own;
  }

  /** Adds a member, and forgets the oldest beyond `max`. */
  add<T>(set: ReadonlySet<T>, member: T, max = Infinity): ReadonlySet<T> {
    const own = this.#owned(set, () => new Set(set));
    own.add(member);
    for (const oldest of own) {
      if (own.size <= max) break;
      own.delete(oldest);
    }
    return own;
  }

  #owned<C extends object>(seen: object, copied: () => C): C {
    if (this.#own.has(seen)) return seen as C;
    const copy = copied();
    this.#own.add(copy);
    return copy;
  }
}
