/** The list of conversations: virtual, grouped by date, asking for more at its end. */

import { CircleStop, Ellipsis } from "lucide-react";
import { memo, type MouseEvent, type ReactNode, type RefObject, useEffect, useMemo, useRef } from "react";
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
import { useToday } from "./today";

/** Ask for the next page this far from the end. */
const MORE_WITHIN_PX = 400;

/** After the last conversation: air, or why there are no more. */
const END = { kind: "end", key: "end" } as const;

const plainRow = (conversation: ConversationView): ListRow => ({ kind: "conversation", key: conversation.id, conversation });

/**
 * Call `look` once what is shown, or the room it has, is another: a list that leaves room (a tall screen, a small zoom)
 * has no scroll bar to ask for more with. Returns what to measure.
 */
function useSized(look: () => void, shown: readonly unknown[]): RefObject<HTMLDivElement | null> {
  const pane = useRef<HTMLDivElement>(null);
  const latest = useRef(look);
  useEffect(() => {
    latest.current = look;
  });
  useEffect(() => {
    const frame = requestAnimationFrame(() => latest.current()); // by then the rows are measured
    const observer = new ResizeObserver(() => latest.current());
    if (pane.current !== null) observer.observe(pane.current);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }, [shown]);
  return pane;
}

interface ConversationListProps {
  readonly conversations: readonly ConversationView[];
  /** Search answers come by relevance to the server, so dates would cut them anywhere. */
  readonly is_search: boolean;
  readonly current_id: Id | null;
  readonly status: List["status"];
  /** The end of what came is in view, or nearly. */
  readonly onEnd: () => void;
  /** The person moves along the list, and may want to go anywhere. */
  readonly onTravel: () => void;
  readonly onRetry: () => void;
  readonly onOpen: (id: Id | null) => void;
}

export function ConversationList(props: ConversationListProps): ReactNode {
  const { conversations, is_search, current_id, status, onEnd, onTravel, onRetry, onOpen } = props;
  const list = useRef<VListHandle>(null);
  const locale = useChatState((state) => localeOf(state.me.language));
  const today = useToday();
  const rows = useMemo<readonly (ListRow | typeof END)[]>(
    () => [...(is_search ? conversations.map(plainRow) : groupedRows(conversations, today, locale)), END],
    [conversations, is_search, locale, today],
  );
  const endLook = (): void => {
    const { scrollOffset = 0, scrollSize = 0, viewportSize = 0 } = list.current ?? {};
    if (scrollSize - viewportSize - scrollOffset < MORE_WITHIN_PX) onEnd();
  };
  const onScroll = (offset_px: number): void => {
    if (offset_px > 0) onTravel();
    endLook();
  };
  const pane = useSized(endLook, rows);
  return (
    <div className="conversation-list" ref={pane}>
      <VList ref={list} data={rows} onScroll={onScroll} className="conversation-rows" tabIndex={-1}>
        {(row) => <ShownRow key={row.key} row={row} status={status} current_id={current_id} onRetry={onRetry} onOpen={onOpen} />}
      </VList>
    </div>
  );
}

interface ShownRowProps extends Pick<ConversationListProps, "current_id" | "status" | "onRetry" | "onOpen"> {
  readonly row: ListRow | typeof END;
}

function ShownRow({ row, status, current_id, onRetry, onOpen }: ShownRowProps): ReactNode {
  switch (row.kind) {
    case "head":
      return (
        <h2 className="list-head">
          <GroupHead name={row.name} />
        </h2>
      );
    case "conversation":
      return (
        <ConversationRow
          conversation={row.conversation}
          is_current={row.conversation.id === current_id}
          onOpen={onOpen}
        />
      );
    case "end":
      return status === "failed" ? <ListFailed onRetry={onRetry} /> : <div className="list-end" aria-hidden />;
  }
}

function ListFailed({ onRetry }: { readonly onRetry: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="sidebar-empty">
      {t("sidebar.failed")} <Button onClick={onRetry}>{t("common.retry")}</Button>
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
