/** The two heavy helpers, each fetched once and only when something on the page needs it. */

import { useEffect, useState } from "react";

import type * as Highlighter from "./highlight";
import type * as Typesetter from "./math";

function lazily<T>(load: () => Promise<T>): (is_wanted: boolean) => T | null {
  let loaded: T | null = null;
  let loading: Promise<T> | null = null;
  return function useLazy(is_wanted) {
    const [, setLoaded] = useState(loaded !== null);
    useEffect(() => {
      if (!is_wanted || loaded !== null) return;
      let is_mounted = true;
      loading ??= load();
      void loading.then(
        (module) => {
          loaded = module;
          if (is_mounted) setLoaded(true);
        },
        () => (loading = null), // offline: plain text stays, the next block asks again
      );
      return () => {
        is_mounted = false;
      };
    }, [is_wanted]);
    return loaded;
  };
}

export const useHighlight = lazily<typeof Highlighter>(() => import("./highlight"));
export const useTypeset = lazily<typeof Typesetter>(() => import("./math"));
