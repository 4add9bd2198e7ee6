/** Keeps a scroller at its end while its content grows, until the person scrolls up. */

import { type RefObject, useCallback, useEffect, useRef, useState, type WheelEvent } from "react";

/** This near the end counts as the end: a line of text. */
const END_WITHIN_PX = 32;

interface Follow {
  readonly is_following: boolean;
  readonly toEnd: () => void;
  readonly onScroll: () => void;
  readonly onWheel: (event: WheelEvent) => void;
}

/** `jump_key`: whenever it becomes another key, the person just asked something and wants to see it. */
export function useFollowEnd(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  jump_key: string | undefined,
): Follow {
  const [is_following, setFollowing] = useState(true);
  const wants_end = useRef(true);
  const last_offset_px = useRef(0);

  const follow = useCallback((is_wanted: boolean) => {
    wants_end.current = is_wanted;
    setFollowing(is_wanted);
  }, []);

  const pin = useCallback(() => {
    if (wants_end.current && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [scroller]);

  useEffect(() => {
    const observer = new ResizeObserver(pin);
    if (content.current !== null) observer.observe(content.current);
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [content, scroller, pin]);

  const toEnd = useCallback(() => {
    follow(true);
    pin();
  }, [follow, pin]);

  useEffect(() => {
    if (jump_key !== undefined) toEnd();
  }, [jump_key, toEnd]);

  const onScroll = useCallback(() => {
    if (scroller.current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = scroller.current;
    const is_at_end = scrollHeight - clientHeight - scrollTop <= END_WITHIN_PX;
    // Growing content moves the end away from us, never us upwards: only a person does that.
    const went_up = scrollTop < last_offset_px.current - 1;
    last_offset_px.current = scrollTop;
    if (is_at_end) follow(true);
    else if (went_up) follow(false);
  }, [scroller, follow]);

  /** The first notch already counts, though it may move less than a line. */
  const onWheel = useCallback(
    ({ deltaY }: WheelEvent) => {
      const element = scroller.current;
      if (deltaY < 0 && element !== null && element.scrollHeight > element.clientHeight) follow(false);
    },
    [scroller, follow],
  );

  return { is_following, toEnd, onScroll, onWheel };
}
