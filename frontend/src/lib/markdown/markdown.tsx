/**
 * Markdown on the page, as React elements: HTML in the text is shown as the characters it is, never parsed.
 *
 * Each block is drawn again only when its own source changed, so that a long answer costs what its last lines cost, and
 * a selection in the text survives the next delta.
 */

import { memo, type ReactNode, useMemo, useRef } from "react";

import { useThrottled } from "@/lib/ui/hooks";

import { type Blocks, blocksOf, noBlocks } from "./blocks";
import { closeOpenMarks, lex } from "./lexer";
import { renderTokens } from "./render";

/** About 20 pictures a second; faster is not seen, and costs. */
const REDRAW_EVERY_MS = 50;

export interface MarkdownProps {
  readonly text: string;
  readonly is_streaming?: boolean;
  /** What a tooltip says of a redacted span. */
  readonly redaction: string;
}

export const Markdown = memo(function Markdown({ text, is_streaming = false, redaction }: MarkdownProps): ReactNode {
  const shown = useThrottled(text, REDRAW_EVERY_MS, !is_streaming);
  const { blocks, definitions } = useBlocks(shown);
  return (
    <div className="markdown">
      {blocks.map(({ offset, source }, index) => (
        <MarkdownBlock
          key={offset}
          source={is_streaming && index === blocks.length - 1 ? closeOpenMarks(source) : source}
          definitions={definitions}
          redaction={redaction}
        />
      ))}
    </div>
  );
});

function useBlocks(text: string): Blocks {
  const last = useRef(noBlocks);
  return useMemo(() => {
    // A cache of a pure function: what it holds decides the cost, never the result.
    // eslint-disable-next-line react-hooks/refs
    last.current = blocksOf(text, last.current);
    // eslint-disable-next-line react-hooks/refs
    return last.current;
  }, [text]);
}

interface BlockProps {
  readonly source: string;
  readonly definitions: string;
  readonly redaction: string;
}

const MarkdownBlock = memo(function MarkdownBlock({ source, definitions, redaction }: BlockProps): ReactNode {
  const tokens = useMemo(() => lex(definitions === "" ? source : `${source}\n\n${definitions}`), [source, definitions]);
  return renderTokens(tokens, { redaction });
});
