/** The pane on the left: a new conversation, search, and the list; its foot is given from outside. */

import { PanelLeftClose, Search, SquarePen, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { listedOf } from "@/chat/reading";
import { IconButton } from "@/lib/ui/controls";
import { useDebounced } from "@/lib/ui/hooks";
import type { Id } from "@/lib/wire/views";

import { ConversationList } from "./conversation-list";

/** A pause in typing, not every letter, asks the server. */
const SEARCH_AFTER_MS = 250;

export interface SidebarProps {
  readonly product: string;
  readonly current_id: Id | null;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onOpen: (id: Id | null) => void;
  readonly onHide: () => void;
  readonly foot: ReactNode;
}

export function Sidebar({ product, current_id, searchRef, onOpen, onHide, foot }: SidebarProps): ReactNode {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  return (
    <nav className="sidebar" aria-label={t("sidebar.label")} data-testid="sidebar">
      <header className="sidebar-head">
        <span className="brand">{product}</span>
        <IconButton label={t("sidebar.hide")} data-testid="sidebar-toggle" onClick={onHide}>
          <PanelLeftClose size={18} aria-hidden />
        </IconButton>
      </header>
      <a
        href="/"
        className="sidebar-new"
        data-testid="new-conversation"
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpen(null);
        }}
      >
        <SquarePen size={18} aria-hidden />
        {t("sidebar.new")}
      </a>
      <SearchField value={query} inputRef={searchRef} onChange={setQuery} />
      <SearchAnswers query={query} current_id={current_id} onOpen={onOpen} />
      <footer className="sidebar-foot">{foot}</footer>
    </nav>
  );
}

interface SearchFieldProps {
  readonly value: string;
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly onChange: (value: string) => void;
}

function SearchField({ value, inputRef, onChange }: SearchFieldProps): ReactNode {
  const { t } = useTranslation();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onChange("");
  };
  return (
    <div className="search" role="search">
      <Search size={16} aria-hidden />
      <input
        ref={inputRef}
        value={value}
        placeholder={t("sidebar.search")}
        aria-label={t("sidebar.search")}
        data-testid="search-input"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {value === "" ? (
        <kbd aria-hidden>{/Mac|iP/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K"}</kbd>
      ) : (
        <IconButton label={t("sidebar.clear")} onClick={() => onChange("")}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}

interface SearchAnswersProps {
  readonly query: string;
  readonly current_id: Id | null;
  readonly onOpen: (id: Id | null) => void;
}

/** The answers to a search while there is one, else the whole list. */
function SearchAnswers({ query, current_id, onOpen }: SearchAnswersProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const asked = useDebounced(query.trim(), SEARCH_AFTER_MS);
  useEffect(() => void chat.search(asked), [chat, asked]);
  const all = useChatState((state) => listedOf(state));
  const found_ids = useChatState((state) => state.search?.ids ?? null);
  const status = useChatState((state) => (state.search ?? state.list).status);
  const has_more = useChatState((state) => (state.search ?? state.list).next_page !== null);
  const conversations = useChatState((state) => state.feed.conversations);
  const found = useMemo(() => found_ids?.flatMap((id) => conversations.get(id) ?? []), [found_ids, conversations]);
  const shown = found ?? all;
  if (shown.length === 0 && status === "ready")
    return (
      <p className="sidebar-empty">
        {found === undefined ? t("sidebar.empty") : t("sidebar.noneFound", { query: asked })}
      </p>
    );
  return (
    <ConversationList
      conversations={shown}
      is_search={found !== undefined}
      current_id={current_id}
      status={status}
      onEnd={() => {
        if (!has_more || status !== "ready") return;
        void (found === undefined ? chat.listMore() : chat.searchMore());
      }}
      onTravel={() => {
        if (found === undefined) void chat.listAll();
      }}
      onRetry={() => void (found === undefined ? chat.listMore() : chat.search(asked))}
      onOpen={onOpen}
    />
  );
}
