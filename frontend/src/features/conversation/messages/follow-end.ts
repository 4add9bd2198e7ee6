/** Keeps a scroller at its end while its content grows, until the person scrolls up. */

import { type RefObject, useEffect, useRef, useState, type WheelEvent } from "react";

/** This near the end counts as the end: a line of text. */
const END_WITHIN_PX = 32;

interface Follow {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** What grows inside the scroller. */
  readonly content: RefObject<HTMLDivElement | null>;
  readonly is_following: boolean;
  readonly toEnd: () => void;
  readonly onScroll: () => void;
  readonly onWheel: (event: WheelEvent) => void;
}

/** `jump_key`: whenever it becomes another key, the person just asked something and wants to see it. */
export function useFollowEnd(jump_key: string | undefined): Follow {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [is_following, setFollowing] = useState(true);
  const wants_end = useRef(true);
  const last_offset_px = useRef(0);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (wants_end.current) scrollToEnd(scroller.current);
    });
    if (content.current !== null) observer.observe(content.current);
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (jump_key === undefined) return;
    wants_end.current = true;
    scrollToEnd(scroller.current); // the scroll event says the rest
  }, [jump_key]);

  const follow = (is_wanted: boolean): void => {
    wants_end.current = is_wanted;
    setFollowing(is_wanted);
  };
  return {
    scroller,
    content,
    is_following,
    toEnd: () => {
      follow(true);
      scrollToEnd(scroller.current);
    },
    onScroll: () => {
      if (scroller.current === null) return;
      const { scrollTop, scrollHeight, clientHeight } = scroller.current;
      const distance_px = scrollHeight - clientHeight - scrollTop;
      const is_at_end = distance_px <= END_WITHIN_PX;
      const is_at_very_end = distance_px <= 1; // content that shrank carries us there
      // Growing content moves the end away from us, never us upwards: only a person does that.
      const went_up = scrollTop < last_offset_px.current - 1;
      last_offset_px.current = scrollTop;
      // Half a line up is still at the end, but was meant: following again would hold the person back.
      if (went_up && !is_at_very_end) follow(false);
      else if (is_at_end) follow(true);
    },
    /** The first notch already counts, though it may move less than a line. */
    onWheel: ({ deltaY }) => {
      const element = scroller.current;
      if (deltaY < 0 && element !== null && element.scrollHeight > element.clientHeight) follow(false);
    },
  };
}

function scrollToEnd(scroller: HTMLElement | null): void {
  if (scroller !== null) scroller.scrollTop = scroller.scrollHeight;
}
