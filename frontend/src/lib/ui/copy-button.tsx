/** Copies a text and says so. */

import { Check, Copy } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { copyText } from "./clipboard";
import { IconButton } from "./controls";
import { useMoment } from "./hooks";

/** Long enough to be seen, short enough not to be wondered at. */
const COPIED_MS = 1600;

interface CopyButtonProps {
  readonly text: string;
  readonly "data-testid"?: string;
}

export function CopyButton({ text, ...rest }: CopyButtonProps): ReactNode {
  const { t } = useTranslation();
  const [is_copied, mark] = useMoment(COPIED_MS);
  return (
    <IconButton
      label={t(is_copied ? "common.copied" : "common.copy")}
      onClick={() => void copyText(text).then(mark)}
      {...rest}
    >
      {is_copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
    </IconButton>
  );
}
