/** Which model answers: of this conversation, or of the next one. */

import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { numberText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import { Menu, MenuChoices } from "@/lib/ui/menu";
import type { ConversationView, ModelView } from "@/lib/wire/views";

export function ModelPicker({ conversation }: { readonly conversation: ConversationView | undefined }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const models = useChatState((state) => state.models);
  const chosen = useChatState((state) => state.settings.model);
  const locale = useChatState((state) => localeOf(state.me.language));
  const slug = conversation?.model ?? chosen ?? models.find(({ is_default }) => is_default)?.slug ?? "";
  const name = models.find((model) => model.slug === slug)?.name ?? slug;
  const hintOf = (model: ModelView): string =>
    [
      model.description,
      t("settings.window", { size: numberText(model.context_window, locale) }),
      model.is_available ? "" : t("settings.noWorker"),
    ]
      .filter((part) => part !== "")
      .join(" · ");
  return (
    <Menu
      wide
      onOpenChange={(is_open) => is_open && void chat.choicesLoad()}
      trigger={
        <button
          type="button"
          className="picker"
          aria-label={t("settings.modelChoose", { name })}
          data-testid="model-picker"
        >
          <span>{name}</span>
          <ChevronDown size={16} aria-hidden />
        </button>
      }
    >
      <MenuChoices
        label={t("settings.model")}
        value={slug}
        choices={models.map((model) => ({
          value: model.slug,
          label: model.name,
          hint: hintOf(model),
          testid: "model-choice",
        }))}
        onChange={(model) => {
          if (conversation === undefined) chat.settingsChange({ model });
          else void chat.conversationChange(conversation.id, { model });
        }}
      />
    </Menu>
  );
}
