/** A text field that is as high as its text, up to the limit that the style sheet sets. */

import { type RefObject, useLayoutEffect, useRef } from "react";

export function useGrowing(text: string): RefObject<HTMLTextAreaElement | null> {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (field.current !== null) fit(field.current);
  }, [text]);
  return field;
}

function fit(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
