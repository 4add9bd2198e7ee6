/** Small hooks over the browser, none of which knows about conversations. */

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** The value, renewed at most every `interval_ms` while it keeps changing, and at once when `is_settled`. */
export function useThrottled<T>(value: T, interval_ms: number, is_settled: boolean): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    latest.current = value;
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setShown(latest.current);
    }, interval_ms);
  }, [value, interval_ms]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  return is_settled ? value : shown;
}

/** True for a moment after `mark()`: for "Copied". */
export function useMoment(duration_ms: number): readonly [boolean, () => void] {
  const [is_on, setOn] = useState(false);
  useEffect(() => {
    if (!is_on) return;
    const timer = setTimeout(() => setOn(false), duration_ms);
    return () => clearTimeout(timer);
  }, [is_on, duration_ms]);
  return [is_on, useCallback(() => setOn(true), [])];
}

/** The value once it has been the same for `delay_ms`. */
export function useDebounced<T>(value: T, delay_ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay_ms);
    return () => clearTimeout(timer);
  }, [value, delay_ms]);
  return settled;
}
