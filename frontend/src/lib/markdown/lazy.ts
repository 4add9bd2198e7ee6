/**
 * What is heavy and not needed at once: each fetched when something on the page first wants it, and only once.
 *
 * Knows what the reader itself waits for; the reader's own chunk is fetched in `lazy-markdown.tsx`, above it.
 */

import { useEffect, useState } from "react";

import type * as Highlighter from "./highlight";
import type * as Typesetter from "./math";

interface Lazy<T> {
  readonly load: () => Promise<T>;
  /** The module, or null until it has come. */
  readonly use: (is_wanted: boolean) => T | null;
}

export function lazily<T>(fetch: () => Promise<T>): Lazy<T> {
  let loaded: T | null = null;
  let loading: Promise<T> | null = null;
  const load = (): Promise<T> => {
    loading ??= fetch().then(
      (module) => (loaded = module),
      (error: unknown) => {
        loading = null; // offline: whoever wants it next asks again
        throw error;
      },
    );
    return loading;
  };
  const useLoaded = (is_wanted: boolean): T | null => {
    const [, setLoaded] = useState(loaded !== null);
    useEffect(() => {
      if (!is_wanted || loaded !== null) return;
      let is_mounted = true;
      load().then(
        () => is_mounted && setLoaded(true),
        () => undefined, // the plain text stays
      );
      return () => {
        is_mounted = false;
      };
    }, [is_wanted]);
    return loaded;
  };
  return { load, use: useLoaded };
}

export const { use: useHighlight } = lazily<typeof Highlighter>(() => import("./highlight"));
export const { use: useTypeset } = lazily<typeof Typesetter>(() => import("./math"));
