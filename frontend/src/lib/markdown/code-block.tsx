/** Code with its language and a copy button; coloured once the highlighter has come. */

import { memo, type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { CopyButton } from "@/lib/ui/copy-button";

import { useHighlight } from "./lazy";

/** Above this the colours cost more than they help: about 5 ms a redraw. */
const MAX_HIGHLIGHTED_CHARS = 20_000;

export const CodeBlock = memo(function CodeBlock({
  code,
  info,
}: {
  readonly code: string;
  readonly info: string;
}): ReactNode {
  const { t } = useTranslation();
  const language = /^[\w+#.-]+/.exec(info)?.[0].toLowerCase() ?? "";
  const is_coloured = language !== "" && code.length <= MAX_HIGHLIGHTED_CHARS;
  const highlighter = useHighlight(is_coloured);
  const html = useMemo(
    () => (is_coloured ? (highlighter?.highlight(code, language) ?? null) : null),
    [highlighter, is_coloured, code, language],
  );
  return (
    <figure className="code-block">
      <figcaption className="code-bar">
        <span>{language === "" ? t("message.code") : language}</span>
        <CopyButton text={code} data-testid="copy-code" />
      </figcaption>
      {/* It scrolls inside itself, so the keyboard must reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>{html === null ? <code>{code}</code> : <code dangerouslySetInnerHTML={{ __html: html }} />}</pre>
    </figure>
  );
});
