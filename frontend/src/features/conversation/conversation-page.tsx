/** One conversation, or the beginning of one: header, messages, composer. */

import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { liveGenerationOf, turnOf } from "@/chat/reading";
import { lastMessageId, rowsOf } from "@/chat/rows";
import { NEW } from "@/chat/state";
import { Button } from "@/lib/ui/controls";
import type { Id } from "@/lib/wire/views";

import { Composer } from "./composing/composer";
import { Notices } from "./composing/notice-card";
import { type TemplateChoice, templateChosen, TemplatePicker, variableMissing } from "./composing/template-picker";
import { Greeting } from "./greeting";
import { Header } from "./header";
import { MessageList } from "./messages/message-list";

interface ConversationPageProps {
  readonly current_id: Id | null;
  /** What stands at the header's left end: the button that shows the sidebar. */
  readonly lead: ReactNode;
  readonly onOpen: (id: Id | null) => void;
}

export function ConversationPage({ current_id, lead, onOpen }: ConversationPageProps): ReactNode {
  return (
    <>
      <Header conversation_id={current_id} lead={lead} onOpen={onOpen} />
      {current_id === null ? (
        <NewConversation onOpen={onOpen} />
      ) : (
        <OpenConversation key={current_id} id={current_id} onOpen={onOpen} />
      )}
    </>
  );
}

function NewConversation({ onOpen }: { readonly onOpen: (id: Id | null) => void }): ReactNode {
  const chat = useChat();
  const [choice, setChoice] = useState<TemplateChoice | null>(null);
  const missing = choice === null ? null : variableMissing(choice);
  const send = (text: string): boolean => {
    if (choice !== null && missing !== null) {
      setChoice({ ...choice, is_checked: true });
      document.getElementById(`variable-${missing}`)?.focus();
      return false;
    }
    onOpen(chat.askFirst(text, choice === null ? undefined : templateChosen(choice)));
    return true;
  };
  return (
    <>
      <div className="scroller">
        <div className="column welcome">
          <Greeting />
          <TemplatePicker choice={choice} onChange={setChoice} />
        </div>
      </div>
      <Foot conversation_id={null} is_writing={false} onSend={send} />
    </>
  );
}

function OpenConversation({ id, onOpen }: { readonly id: Id; readonly onOpen: (id: Id | null) => void }): ReactNode {
  const chat = useChat();
  const opened = useChatState((state) => state.opened.get(id) ?? "loading");
  const is_empty = useChatState((state) => rowsOf(state, id).length === 0);
  const is_writing = useChatState(
    (state) => turnOf(state, id) !== undefined || liveGenerationOf(state, id) !== undefined,
  );
  const send = (text: string): boolean => {
    chat.ask(id, { text, parent_id: lastMessageId(chat.store.get(), id) });
    return true;
  };
  if (is_empty && opened !== "ready") return <NotOpen how={opened} onRetry={() => chat.open(id)} onOpen={onOpen} />;
  return (
    <>
      {is_empty ? (
        <div className="scroller">
          <div className="column welcome">
            <Greeting />
            <BeganWith conversation_id={id} />
          </div>
        </div>
      ) : (
        <MessageList conversation_id={id} />
      )}
      <Foot conversation_id={id} is_writing={is_writing} onSend={send} />
    </>
  );
}

function BeganWith({ conversation_id }: { readonly conversation_id: Id }): ReactNode {
  const { t } = useTranslation();
  const title = useChatState((state) => state.feed.conversations.get(conversation_id)?.template?.title);
  return title === undefined ? null : <p className="welcome-template">{t("empty.began", { title })}</p>;
}

interface NotOpenProps {
  readonly how: "loading" | "missing" | "failed";
  readonly onRetry: () => void;
  readonly onOpen: (id: Id | null) => void;
}

function NotOpen({ how, onRetry, onOpen }: NotOpenProps): ReactNode {
  const { t } = useTranslation();
  if (how === "loading")
    return (
      <div className="scroller">
        <div className="column skeleton" role="status" aria-label={t("common.loading")}>
          <i />
          <i />
          <i />
        </div>
      </div>
    );
  return (
    <div className="scroller">
      <div className="column welcome">
        <p>{t(`conversation.${how}`)}</p>
        {how === "missing" ? (
          <Button onClick={() => onOpen(null)}>{t("sidebar.new")}</Button>
        ) : (
          <Button onClick={onRetry}>{t("common.retry")}</Button>
        )}
      </div>
    </div>
  );
}

interface FootProps {
  readonly conversation_id: Id | null;
  readonly is_writing: boolean;
  /** False: the text stays where it is. */
  readonly onSend: (text: string) => boolean;
}

function Foot({ conversation_id, is_writing, onSend }: FootProps): ReactNode {
  return (
    <div className="foot">
      <div className="column">
        <Notices place={conversation_id ?? NEW} />
        <Composer conversation_id={conversation_id} is_writing={is_writing} onSend={onSend} />
      </div>
    </div>
  );
}
