/** How the model answers: the temperature, of this conversation or of the next one. */

import * as Popover from "@radix-ui/react-popover";
import { SlidersHorizontal } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { numberText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import type { ConversationView } from "@/lib/wire/views";

const MAX_TEMPERATURE = 2;
const TEMPERATURE_STEP = 0.1;

export function SettingsPopover({ conversation }: { readonly conversation: ConversationView | undefined }): ReactNode {
  const { t } = useTranslation();
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className="icon-button"
          aria-label={t("settings.label")}
          title={t("settings.label")}
          data-testid="settings"
        >
          <SlidersHorizontal size={18} aria-hidden />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={6} collisionPadding={8}>
          <Temperature conversation={conversation} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Temperature({ conversation }: { readonly conversation: ConversationView | undefined }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const next = useChatState((state) => state.settings.temperature);
  const locale = useChatState((state) => localeOf(state.me.language));
  const kept = conversation?.temperature ?? next;
  const [moving, setMoving] = useState<number | null>(null);
  const value = moving ?? kept;
  /** While the thumb moves nothing is asked of the server; once it rests, one call. */
  const keep = (): void => {
    if (moving === null || moving === kept) return;
    if (conversation === undefined) chat.settingsChange({ temperature: moving });
    else void chat.conversationChange(conversation.id, { temperature: moving }).then(() => setMoving(null));
  };
  return (
    <label className="slider">
      <span className="slider-head">
        {t("settings.temperature")} <output>{numberText(value, locale, 1)}</output>
      </span>
      <input
        type="range"
        min={0}
        max={MAX_TEMPERATURE}
        step={TEMPERATURE_STEP}
        value={value}
        data-testid="temperature"
        onChange={(event) => setMoving(Number(event.target.value))}
        onPointerUp={keep}
        onKeyUp={keep}
        onBlur={keep}
      />
      <small>{t("settings.temperatureHint")}</small>
    </label>
  );
}
