/** The bar above a conversation: title, model, settings, menu. */

import { Ellipsis } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import type { ConversationView, Id } from "@/lib/wire/views";
import { ConversationMenu, MAX_TITLE_CHARS } from "@/parts/conversation-menu";

import { ModelPicker } from "./composing/model-picker";
import { SettingsPopover } from "./composing/settings-popover";
import { ConversationDetails } from "./messages/details-dialog";

interface HeaderProps {
  readonly conversation_id: Id | null;
  readonly lead: ReactNode;
  readonly onOpen: (id: Id | null) => void;
}

export function Header({ conversation_id, lead, onOpen }: HeaderProps): ReactNode {
  const { t } = useTranslation();
  const conversation = useChatState((state) =>
    conversation_id === null ? undefined : state.feed.conversations.get(conversation_id),
  );
  const [has_details, setDetails] = useState(false);
  return (
    <header className="header">
      {lead}
      <div className="header-names">
        {conversation !== undefined && <Title key={conversation.id} conversation={conversation} />}
        <ModelPicker conversation={conversation} />
      </div>
      <SettingsPopover conversation={conversation} />
      {conversation !== undefined && (
        <ConversationMenu
          conversation={conversation}
          onDeleted={() => onOpen(null)}
          onDetails={() => setDetails(true)}
          trigger={
            <button
              type="button"
              className="icon-button"
              aria-label={t("conversation.options")}
              data-testid="conversation-menu"
            >
              <Ellipsis size={18} aria-hidden />
            </button>
          }
        />
      )}
      {has_details && conversation !== undefined && (
        <ConversationDetails conversation={conversation} onClose={() => setDetails(false)} />
      )}
    </header>
  );
}

/** The title; a click makes it a field, Enter keeps, Escape forgets. */
function Title({ conversation }: { readonly conversation: ConversationView }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const [value, setValue] = useState<string | null>(null);
  const shown = conversation.title === "" ? t("common.untitled") : conversation.title;
  if (value === null)
    return (
      <h1>
        <button
          type="button"
          className="title-button"
          data-testid="title"
          title={t("conversation.rename")}
          onClick={() => setValue(conversation.title)}
        >
          {shown}
        </button>
      </h1>
    );
  const keep = (): void => {
    const title = value.trim();
    if (title !== "" && title !== conversation.title) void chat.conversationChange(conversation.id, { title });
    setValue(null);
  };
  return (
    <input
      className="title-input"
      value={value}
      maxLength={MAX_TITLE_CHARS}
      aria-label={t("conversation.title")}
      data-testid="title-input"
      ref={(field) => field?.focus()}
      onChange={(event) => setValue(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) keep();
        if (event.key === "Escape") setValue(null);
      }}
    />
  );
}
