/** Puts the features together: sidebar, conversation, banners; keeps the address and the title in step. */

import { PanelLeft, SquarePen } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { read, write } from "@/chat/memory";
import { ConversationPage } from "@/features/conversation/conversation-page";
import { AccountMenu } from "@/features/settings/account-menu";
import { Sidebar } from "@/features/sidebar/sidebar";
import { IconButton, TooltipProvider } from "@/lib/ui/controls";
import { useMediaQuery } from "@/lib/ui/hooks";
import { Sheet } from "@/lib/ui/sheet";
import type { Id } from "@/lib/wire/views";

import { Banners } from "./banners";
import { conversationAt, pathOf } from "./route";
import type { Shell } from "./shell";

const SIDEBAR_KEY = "chatapp.sidebar";
const TOOLTIP_AFTER_MS = 400;

export function App({ shell }: { readonly shell: Shell }): ReactNode {
  const { t } = useTranslation();
  const current_id = useCurrentConversation(shell.product);
  const chat = useChat();
  const is_narrow = useMediaQuery("(max-width: 767px)");
  const sidebar = useSidebar(is_narrow);
  const search = useSearchKey(sidebar.show);
  const { hide } = sidebar;

  const open = useCallback(
    (id: Id | null) => {
      if (pathOf(id) !== location.pathname) history.pushState(null, "", pathOf(id));
      chat.open(id);
      if (is_narrow) hide();
    },
    [chat, is_narrow, hide],
  );

  const lead = !sidebar.is_open && (
    <>
      <IconButton label={t("sidebar.show")} data-testid="sidebar-toggle" onClick={sidebar.show}>
        <PanelLeft size={18} aria-hidden />
      </IconButton>
      <IconButton label={t("sidebar.new")} data-testid="new-conversation" onClick={() => open(null)}>
        <SquarePen size={18} aria-hidden />
      </IconButton>
    </>
  );
  const pane = (
    <Sidebar
      product={shell.product}
      current_id={current_id}
      searchRef={search}
      onOpen={open}
      onHide={hide}
      foot={<AccountMenu signout_url={shell.signout_url} admin_url={shell.admin_url} />}
    />
  );
  return (
    <TooltipProvider delayDuration={TOOLTIP_AFTER_MS}>
      <div className="app">
        {is_narrow ? (
          sidebar.is_open && (
            <Sheet label={t("sidebar.label")} onClose={hide}>
              {pane}
            </Sheet>
          )
        ) : (
          <div className="sidebar-dock" data-open={sidebar.is_open} inert={!sidebar.is_open}>
            {pane}
          </div>
        )}
        <main className="main">
          <Banners />
          <ConversationPage current_id={current_id} lead={lead} onOpen={open} />
        </main>
      </div>
    </TooltipProvider>
  );
}

/** The conversation on screen. The address follows it, and the browser's back and forward lead it. */
function useCurrentConversation(product: string): Id | null {
  const chat = useChat();
  const current_id = useChatState((state) => state.current_id);
  const title = useChatState((state) =>
    current_id === null ? "" : (state.feed.conversations.get(current_id)?.title ?? ""),
  );
  useEffect(() => {
    const follow = (): void => chat.open(conversationAt(location.pathname));
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, [chat]);
  useEffect(() => {
    if (conversationAt(location.pathname) !== current_id) history.replaceState(null, "", pathOf(current_id));
  }, [current_id]);
  useEffect(() => {
    document.title = title === "" ? product : `${title} · ${product}`;
  }, [title, product]);
  return current_id;
}

interface SidebarState {
  readonly is_open: boolean;
  readonly show: () => void;
  readonly hide: () => void;
}

/** On a wide page the choice is remembered; on a narrow one the sheet is closed until asked for. */
function useSidebar(is_narrow: boolean): SidebarState {
  const [is_docked, setDocked] = useState(() => read(localStorage, SIDEBAR_KEY) !== "hidden");
  const [is_sheet, setSheet] = useState(false);
  const set = useCallback(
    (is_open: boolean) => {
      if (is_narrow) return setSheet(is_open);
      setDocked(is_open);
      write(localStorage, SIDEBAR_KEY, is_open ? "" : "hidden");
    },
    [is_narrow],
  );
  const show = useCallback(() => set(true), [set]);
  const hide = useCallback(() => set(false), [set]);
  return { is_open: is_narrow ? is_sheet : is_docked, show, hide };
}

/** Ctrl or Command with K goes to the search field, wherever the focus is. */
function useSearchKey(show: () => void): React.RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      show();
      // The sidebar may only now be on its way onto the page.
      requestAnimationFrame(() => field.current?.focus());
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [show]);
  return field;
}
