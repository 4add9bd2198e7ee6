/** The person's words: a soft block at the right, and the editor they turn into. */

import { EyeOff, Pencil } from "lucide-react";
import { type KeyboardEvent, memo, type ReactNode, useLayoutEffect } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import type { PendingAsk } from "@/chat/state";
import { categoryText } from "@/chat/words";
import { withRedactions } from "@/lib/markdown/redaction";
import { Button, IconButton } from "@/lib/ui/controls";
import { CopyButton } from "@/lib/ui/copy-button";
import { useGrowing } from "@/lib/ui/growing";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { MessageView } from "@/lib/wire/views";

import { AskReview } from "./ask-review";
import { RuleNotice } from "./rule-notice";
import { SiblingSwitch } from "./sibling-switch";

interface UserMessageProps {
  readonly message: MessageView;
  readonly siblings: readonly MessageNode[];
}

export const UserMessage = memo(function UserMessage({ message, siblings }: UserMessageProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const is_editing = useChatState((state) => state.editing?.message_id === message.id);
  if (is_editing) return <MessageEditor message={message} />;
  return (
    <article
      className="message message-user"
      data-testid="message-user"
      data-message-id={message.id}
      data-state={message.state}
    >
      <h2 className="visually-hidden">{t("message.yours")}</h2>
      <UserText message={message} />
      <RuleNotice message={message} />
      {message.state === "withheld" && message.text !== null && <WithheldQuestion message={message} />}
      <div className="message-actions">
        {message.text !== null && <CopyButton text={message.text} data-testid="copy" />}
        <IconButton label={t("message.edit")} data-testid="edit" onClick={() => chat.editOpen(message)}>
          <Pencil size={16} aria-hidden />
        </IconButton>
        <SiblingSwitch message={message} siblings={siblings} />
      </div>
    </article>
  );
});

function UserText({ message }: { readonly message: MessageView }): ReactNode {
  const { t } = useTranslation();
  const { state, text, notice } = message;
  const category = categoryText(t, notice?.category ?? "");
  if (state === "visible" || text !== null)
    return (
      <div className="user-text">
        {withRedactions(
          text ?? "",
          category === "" ? t("message.redactedPlain") : t("message.redacted", { category }),
        )}
      </div>
    );
  return (
    <div className="withheld-card">
      <EyeOff size={18} aria-hidden />
      <div>
        <p>
          {state === "withheld"
            ? category === ""
              ? t("message.withheldPlain")
              : t("message.withheldMine", { category })
            : t(`message.${state}`)}
        </p>
        {notice !== null && <p>{notice.text}</p>}
      </div>
    </div>
  );
}

/** A rule took it out of the conversation after it was sent: its words stay, for their author alone. */
function WithheldQuestion({ message }: { readonly message: MessageView }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const { notice } = message;
  const category = categoryText(t, notice?.category ?? "");
  return (
    <section className="withheld-card" data-testid="withheld-question">
      <EyeOff size={18} aria-hidden />
      <div>
        <p>{category === "" ? t("message.withheldPlain") : t("message.withheldMine", { category })}</p>
        {notice !== null && <p className="quiet">{notice.text}</p>}
        <AskReview appeal={message.appeal} onAsk={(words) => chat.appealMessage(message, words)}>
          <Button onClick={() => chat.editOpen(message)} data-testid="edit-question">
            {t("message.editMine")}
          </Button>
        </AskReview>
      </div>
    </section>
  );
}

/** Saving asks again from the same place in the tree: the old words and their answer stay beside the new. */
function MessageEditor({ message }: { readonly message: MessageView }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const text = useChatState((state) => state.editing?.text ?? "");
  const field = useGrowing(text);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length);
  }, [field]);
  const save = (): void => {
    if (text.trim() === "") return;
    chat.ask(message.conversation_id, { text: text.trim(), parent_id: message.parent_id, edit_of: message.id });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") chat.editClose();
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) save();
  };
  return (
    <article className="message message-user is-editing" data-testid="message-user" data-message-id={message.id}>
      <div className="editor">
        <textarea
          ref={field}
          value={text}
          aria-label={t("message.editLabel")}
          data-testid="edit-input"
          onChange={(event) => chat.editChange(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <footer>
          <small>{t("message.editHint")}</small>
          <Button look="quiet" onClick={() => chat.editClose()} data-testid="edit-cancel">
            {t("common.cancel")}
          </Button>
          <Button look="accent" onClick={save} disabled={text.trim() === ""} data-testid="edit-save">
            {t("message.editSave")}
          </Button>
        </footer>
      </div>
    </article>
  );
}

/** The question as it was sent, before the server said it arrived. */
export function PendingQuestion({ turn }: { readonly turn: PendingAsk }): ReactNode {
  const { t } = useTranslation();
  return (
    <article className="message message-user" data-testid="message-user" data-state="sending">
      <h2 className="visually-hidden">{t("message.yours")}</h2>
      <div className="user-text">{turn.text}</div>
      <div className="message-actions">
        <CopyButton text={turn.text} data-testid="copy" />
      </div>
    </article>
  );
}
