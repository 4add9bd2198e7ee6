/** A formula: its source until the typesetter has come, then mathematics. */

import { memo, type ReactNode, useMemo } from "react";

import { useTypeset } from "./lazy";

interface FormulaProps {
  readonly source: string;
  readonly is_display: boolean;
}

export const Formula = memo(function Formula({ source, is_display }: FormulaProps): ReactNode {
  const typesetter = useTypeset(true);
  const html = useMemo(() => typesetter?.typeset(source, is_display) ?? null, [typesetter, source, is_display]);
  const className = is_display ? "formula formula-display" : "formula";
  if (html === null) return <code className={className}>{source}</code>;
  return <span className={className} dangerouslySetInnerHTML={{ __html: html }} />;
});
