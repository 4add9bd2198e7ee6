/** Runs of █, which the gate puts where a rule removed something, as grey blocks that say so. */

import type { ReactNode } from "react";

import { Tip } from "@/lib/ui/controls";

export function withRedactions(text: string, label: string): ReactNode {
  if (!text.includes("█")) return text;
  return text
    .split(/(█+)/)
    .map((part, index) => (part.startsWith("█") ? <Redacted key={index} mark={part} label={label} /> : part));
}

function Redacted({ mark, label }: { readonly mark: string; readonly label: string }): ReactNode {
  return (
    <Tip label={label}>
      {/* Focusable, so that the keyboard reaches its tooltip. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <span className="redacted" role="img" aria-label={label} tabIndex={0}>
        {mark}
      </span>
    </Tip>
  );
}
