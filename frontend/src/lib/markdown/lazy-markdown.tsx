/** Markdown whose reader comes in a chunk of its own: until it has, the text stands as it was written. */

import { lazy, type ReactNode, Suspense } from "react";

import type * as Reader from "./markdown";

const load = (): Promise<typeof Reader> => import("./markdown");

const Markdown = lazy(async () => ({ default: (await load()).Markdown }));

/** Fetch it before the first answer needs it. */
export function markdownPrefetch(): void {
  load().catch(() => undefined); // offline: the first answer asks again
}

export function LazyMarkdown(props: Reader.MarkdownProps): ReactNode {
  return (
    <Suspense fallback={<div className="markdown markdown-plain">{props.text}</div>}>
      <Markdown {...props} />
    </Suspense>
  );
}
