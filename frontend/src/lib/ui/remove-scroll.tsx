/**
 * Stands in for the package `react-remove-scroll`, which Radix wraps its modal layers in.
 *
 * The original stops the page behind from scrolling by putting a style element into it, which our content security
 * policy forbids. Our page never scrolls, only its panes do, and a modal layer already takes their pointer events.
 */

import type { ComponentType, ReactNode } from "react";

interface RemoveScrollProps {
  readonly as?: ComponentType<{ children?: ReactNode }>;
  readonly children?: ReactNode;
  readonly allowPinchZoom?: boolean;
  readonly shards?: unknown;
}

export function RemoveScroll({
  as: Wrapper,
  children,
  allowPinchZoom,
  shards,
  ...rest
}: RemoveScrollProps): ReactNode {
  return Wrapper === undefined ? children : <Wrapper {...rest}>{children}</Wrapper>;
}
