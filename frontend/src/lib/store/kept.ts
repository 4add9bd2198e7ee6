/**
 * Keeps the newest answer of a pure function, so that many readers of one state cost one computation.
 *
 * What is kept decides the cost, never the answer: what a state holds is replaced, not changed.
 */

import { sameItems } from "./store";

/** `compute`, asked again only for other arguments; one answer is kept for each first argument, as long as that lives. */
export function newestKept<K extends WeakKey, R extends readonly unknown[], V>(
  compute: (key: K, ...rest: R) => V,
): (key: K, ...rest: R) => V {
  const kept = new WeakMap<K, { readonly rest: R; readonly value: V }>();
  return (key, ...rest) => {
    const known = kept.get(key);
    if (known !== undefined && sameItems(known.rest, rest)) return known.value;
    const value = compute(key, ...rest);
    kept.set(key, { rest, value });
    return value;
  };
}
