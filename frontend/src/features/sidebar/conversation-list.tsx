/** The list of conversations: virtual, grouped by date, asking for more at its end. */

import { CircleStop, Ellipsis } from "lucide-react";
import { memo, type MouseEvent, type ReactNode, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { VList, type VListHandle } from "virtua";

import { useChat, useChatState } from "@/chat/context";
import { runningOf } from "@/chat/reading";
import type { List } from "@/chat/state";
import { localeOf } from "@/lib/i18n/i18n";
import { Button, IconButton, join } from "@/lib/ui/controls";
import type { ConversationView, Id } from "@/lib/wire/views";
import { ConversationMenu } from "@/parts/conversation-menu";

import { groupedRows, type GroupName, type ListRow } from "./groups";

/** Ask for the next page this far from the end. */
const MORE_WITHIN_PX = 400;

interface ConversationListProps {
  readonly conversations: readonly ConversationView[];
  /** Search answers come by relevance to the server, so dates would cut them anywhere. */
  readonly is_search: boolean;
  readonly current_id: Id | null;
  readonly status: List["status"];
  readonly onEnd: () => void;
  readonly onRetry: () => void;
  readonly onOpen: (id: Id | null) => void;
}

export function ConversationList(props: ConversationListProps): ReactNode {
  const { conversations, is_search, current_id, status, onEnd, onRetry, onOpen } = props;
  const { t } = useTranslation();
  const list = useRef<VListHandle>(null);
  const locale = useChatState((state) => localeOf(state.me.language));
  const rows = useMemo<readonly ListRow[]>(
    () =>
      is_search
        ? conversations.map((conversation) => ({ kind: "conversation", key: conversation.id, conversation }))
        : groupedRows(conversations, new Date(), locale),
    [conversations, is_search, locale],
  );
  const onScroll = (offset_px: number): void => {
    const { scrollSize = 0, viewportSize = 0 } = list.current ?? {};
    if (scrollSize - viewportSize - offset_px < MORE_WITHIN_PX) onEnd();
  };
  return (
    <div className="conversation-list">
      <VList ref={list} onScroll={onScroll} className="conversation-rows" tabIndex={-1}>
        {rows.map((row) =>
          row.kind === "head" ? (
            <h2 key={row.key} className="list-head">
              <GroupHead name={row.name} />
            </h2>
          ) : (
            <ConversationRow
              key={row.key}
              conversation={row.conversation}
              is_current={row.conversation.id === current_id}
              onOpen={onOpen}
            />
          ),
        )}
        {status === "failed" ? (
          <div className="sidebar-empty">
            {t("sidebar.failed")} <Button onClick={onRetry}>{t("common.retry")}</Button>
          </div>
        ) : (
          <div className="list-end" aria-hidden />
        )}
      </VList>
    </div>
  );
}

function GroupHead({ name }: { readonly name: GroupName }): ReactNode {
  const { t } = useTranslation();
  return typeof name === "string" ? t(`sidebar.${name}`) : name.month;
}

interface ConversationRowProps {
  readonly conversation: ConversationView;
  readonly is_current: boolean;
  readonly onOpen: (id: Id | null) => void;
}

const ConversationRow = memo(function ConversationRow({
  conversation,
  is_current,
  onOpen,
}: ConversationRowProps): ReactNode {
  const { t } = useTranslation();
  const running_id = useChatState((state) => runningOf(state.feed).get(conversation.id));
  const title = conversation.title === "" ? t("common.untitled") : conversation.title;
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // a new tab, as the person asked
    event.preventDefault();
    onOpen(conversation.id);
  };
  return (
    <div
      className={join("conversation-row", is_current && "is-current")}
      data-testid="conversation-row"
      data-conversation-id={conversation.id}
    >
      <a href={`/c/${conversation.id}`} aria-current={is_current ? "page" : undefined} onClick={open} title={title}>
        {title}
      </a>
      {running_id !== undefined && <RunningMark generation_id={running_id} />}
      <ConversationMenu
        conversation={conversation}
        onDeleted={() => is_current && onOpen(null)}
        trigger={
          <button type="button" className="icon-button row-menu" aria-label={t("sidebar.options", { title })}>
            <Ellipsis size={16} aria-hidden />
          </button>
        }
      />
    </div>
  );
});

/** A pulse that turns into a stop button when pointed at. */
function RunningMark({ generation_id }: { readonly generation_id: Id }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  return (
    <IconButton
      label={t("sidebar.stop")}
      className="running-mark"
      data-testid="row-stop"
      onClick={() => chat.stopGeneration(generation_id)}
    >
      <span className="pulse" aria-hidden />
      <CircleStop size={16} aria-hidden />
    </IconButton>
  );
}
