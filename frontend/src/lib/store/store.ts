/** The one mutable cell of the page: holds the state, tells React when it changed. */

import { useCallback, useRef, useSyncExternalStore } from "react";

export interface Store<S> {
  readonly get: () => S;
  readonly update: (change: (state: S) => S) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore<S>(initial: S): Store<S> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    update(change) {
      const next = change(state);
      if (Object.is(next, state)) return;
      state = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Read a part of the state; the component renders again only when that part is not `same` as before. */
export function useSelected<S, T>(
  store: Store<S>,
  select: (state: S) => T,
  same: (a: T, b: T) => boolean = Object.is,
): T {
  const last = useRef<{ value: T } | null>(null);
  const read = useCallback(() => {
    const value = select(store.get());
    if (last.current === null || !same(last.current.value, value)) last.current = { value };
    return last.current.value;
  }, [store, select, same]);
  return useSyncExternalStore(store.subscribe, read);
}

export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => Object.is(item, b[index]));
}
