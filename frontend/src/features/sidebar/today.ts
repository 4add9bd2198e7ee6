/** The day it is, as a component may rely on it: it renders again when the next one has begun. */

import { useEffect, useState } from "react";

import { nextDay } from "./groups";

/** A timer stands still while a machine sleeps: this often, at least, the clock is looked at. */
const LOOK_EVERY_MS = 60_000;

export function useToday(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const look = (): void => setNow((seen) => dayAt(seen, new Date()));
    const timer = setInterval(look, LOOK_EVERY_MS);
    const midnight = setTimeout(look, Math.min(nextDay(now).getTime() - Date.now(), 2 ** 31 - 1));
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      clearTimeout(midnight);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    };
  }, [now]);
  return now;
}

/** The same object for the same day, also when the clock was set back or the time zone changed. */
function dayAt(seen: Date, now: Date): Date {
  return seen.toDateString() === now.toDateString() ? seen : now;
}
