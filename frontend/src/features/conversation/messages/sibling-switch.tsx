/** ‹ 2/3 ›: the other messages that share this one's parent. */

import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChat } from "@/chat/context";
import { IconButton } from "@/lib/ui/controls";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { MessageView } from "@/lib/wire/views";

interface SiblingSwitchProps {
  readonly message: MessageView;
  readonly siblings: readonly MessageNode[];
}

export function SiblingSwitch({ message, siblings }: SiblingSwitchProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  if (siblings.length < 2) return null;
  const index = siblings.findIndex(({ id }) => id === message.id);
  const go = (step: number): void => {
    const sibling = siblings[index + step];
    if (sibling !== undefined) chat.siblingOpen(message, sibling.id);
  };
  return (
    <span className="sibling-switch" role="group">
      <IconButton
        label={t("message.previous")}
        data-testid="sibling-prev"
        disabled={index <= 0}
        onClick={() => go(-1)}
      >
        <ChevronLeft size={16} aria-hidden />
      </IconButton>
      <span data-testid="sibling-count" aria-label={t("message.versions", { index: index + 1, count: siblings.length })}>
        {index + 1}/{siblings.length}
      </span>
      <IconButton
        label={t("message.next")}
        data-testid="sibling-next"
        disabled={index >= siblings.length - 1}
        onClick={() => go(1)}
      >
        <ChevronRight size={16} aria-hidden />
      </IconButton>
    </span>
  );
}
