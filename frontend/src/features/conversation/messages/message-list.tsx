/** The branch on screen, virtual, following its end while the person is there. */

import { ArrowDown } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtualizer } from "virtua";

import { useChat, useChatState } from "@/chat/context";
import { liveGenerationOf } from "@/chat/reading";
import { type Row, rowsOf, sameRows } from "@/chat/rows";
import { IconButton } from "@/lib/ui/controls";
import type { Id } from "@/lib/wire/views";

import { AssistantMessage, PendingAnswer } from "./assistant-message";
import { useFollowEnd } from "./follow-end";
import { PendingQuestion, UserMessage } from "./user-message";

/** Shorter conversations stay mounted whole, so that the browser's own search finds every word. */
const MOUNT_ALL_BELOW_ROWS = 60;
const MOUNT_STEP_ROWS = 6;
/** How much of an answer is read out when it is finished. */
const ANNOUNCED_CHARS = 160;

export function MessageList({ conversation_id }: { readonly conversation_id: Id }): ReactNode {
  const { t } = useTranslation();
  const rows = useChatState((state) => rowsOf(state, conversation_id), sameRows);
  const asking_key = rows.at(-1)?.kind === "answer" ? rows.at(-1)?.key : undefined;
  const { scroller, content, is_following, toEnd, onScroll, onWheel } = useFollowEnd(asking_key);
  const has_grown_above = useGrownAbove(rows);
  const mounted = useMounted(rows.length);
  return (
    <div className="messages">
      {/* A log that is read out once, at the end of an answer, and not at every word. */}
      <div className="scroller" ref={scroller} onScroll={onScroll} onWheel={onWheel} data-testid="message-scroller">
        <div ref={content} role="log" aria-live="off" aria-label={t("conversation.label")} className="log">
          <Virtualizer scrollRef={scroller} keepMounted={mounted} data={rows} shift={has_grown_above}>
            {(row, index) => (
              <div key={row.key} className="message-row">
                <MessageRow row={row} is_last={index === rows.length - 1} />
              </div>
            )}
          </Virtualizer>
        </div>
      </div>
      {!is_following && <ToEndButton conversation_id={conversation_id} num_rows={rows.length} onClick={toEnd} />}
      <Announcer conversation_id={conversation_id} />
    </div>
  );
}

/** Whether rows were put before the first and nowhere else: then what is on screen keeps its place. */
function useGrownAbove(rows: readonly Row[]): boolean {
  const [seen, setSeen] = useState({ rows, has_grown: false });
  if (seen.rows === rows) return seen.has_grown;
  const has_grown = rows.length > seen.rows.length && rows[0]?.key !== seen.rows[0]?.key && rows.at(-1)?.key === seen.rows.at(-1)?.key;
  setSeen({ rows, has_grown });
  return has_grown;
}

/**
 * The last row is being written and must not lose its place; a short list becomes whole, a few rows at a time: forty
 * answers at once would be a task of a quarter of a second before the first of them is seen.
 */
function useMounted(count: number): readonly number[] {
  const [reach, setReach] = useState(MOUNT_STEP_ROWS);
  const wanted = count <= MOUNT_ALL_BELOW_ROWS ? count : 2;
  useEffect(() => {
    if (reach >= wanted) return;
    const timer = setTimeout(() => setReach(reach + MOUNT_STEP_ROWS));
    return () => clearTimeout(timer);
  }, [reach, wanted]);
  return useMemo(() => {
    const length = Math.min(reach, wanted);
    return Array.from({ length }, (_, place) => count - length + place);
  }, [count, reach, wanted]);
}

function MessageRow({ row, is_last }: { readonly row: Row; readonly is_last: boolean }): ReactNode {
  switch (row.kind) {
    case "unread":
      return <UnreadMessage id={row.id} />;
    case "ask":
      return <PendingQuestion turn={row.turn} />;
    case "answer":
      return <PendingAnswer turn={row.turn} />;
    case "message":
      return row.message.role === "user" ? (
        <UserMessage message={row.message} siblings={row.siblings} />
      ) : (
        <AssistantMessage message={row.message} siblings={row.siblings} is_last={is_last} />
      );
  }
}

/** Where a message will stand, once its words have come: it asks for them while it is in view. */
function UnreadMessage({ id }: { readonly id: Id }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  useEffect(() => chat.messageWant(id), [chat, id]);
  return (
    <div className="message skeleton" aria-busy data-testid="message-unread">
      <i />
      <i />
      <span className="visually-hidden">{t("common.loading")}</span>
    </div>
  );
}

interface ToEndButtonProps {
  readonly conversation_id: Id;
  readonly num_rows: number;
  readonly onClick: () => void;
}

/** Mounted when the person leaves the end: what came since then is counted from here. */
function ToEndButton({ conversation_id, num_rows, onClick }: ToEndButtonProps): ReactNode {
  const { t } = useTranslation();
  const [num_before] = useState(num_rows);
  const is_writing = useChatState((state) => liveGenerationOf(state, conversation_id) !== undefined);
  const count = Math.max(0, num_rows - num_before);
  return (
    <IconButton
      label={count === 0 ? t("conversation.toEnd") : t("conversation.toEndCount", { count })}
      className="to-end"
      data-testid="scroll-to-end"
      data-writing={is_writing || undefined}
      onClick={onClick}
    >
      <ArrowDown size={18} aria-hidden />
      {count > 0 && <span className="to-end-count">{count}</span>}
    </IconButton>
  );
}

/** Without the marks of Markdown, which are read out one by one. */
function spoken(text: string): string {
  return text.replace(/[*_`#>|~]+/g, "").replace(/\s+/g, " ");
}

/** One polite sentence at the end of an answer. */
function Announcer({ conversation_id }: { readonly conversation_id: Id }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const live_id = useChatState((state) => liveGenerationOf(state, conversation_id)?.id);
  const last_live_id = useRef<Id | undefined>(undefined);
  const [text, setText] = useState("");
  useEffect(() => {
    const ended_id = last_live_id.current;
    last_live_id.current = live_id;
    if (ended_id === undefined || live_id !== undefined) return;
    const answer = chat.store.get().feed.generations.get(ended_id)?.text ?? "";
    setText(t("conversation.answerReady", { text: spoken(answer).slice(0, ANNOUNCED_CHARS) }));
  }, [chat, live_id, t]);
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {text}
    </p>
  );
}
