/** Markdown whose reader comes in a chunk of its own: until it has, the text stands as it was written. */

import type { ReactNode } from "react";

import { lazily } from "./lazy";
import type * as Reader from "./markdown";
import { withRedactions } from "./redaction";

const { use: useReader, load } = lazily<typeof Reader>(() => import("./markdown"));

/** Fetch it now, before there is a text to read. */
export const readerLoad = load;

export function LazyMarkdown(props: Reader.MarkdownProps): ReactNode {
  const reader = useReader(true);
  if (reader !== null) return <reader.Markdown {...props} />;
  return <div className="markdown markdown-plain">{withRedactions(props.text, props.redaction)}</div>;
}
