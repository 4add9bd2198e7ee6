/** Where the page begins: reads the shell, wires the chat to the browser, draws. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/motion.css";
import "./styles/layout.css";
import "./styles/sidebar.css";
import "./styles/messages.css";
import "./styles/conversation.css";
import "./styles/markdown.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { CrashBoundary } from "@/app/crash";
import { conversationAt } from "@/app/route";
import { meRead, shellRead, signInUrl } from "@/app/shell";
import { Chat } from "@/chat/chat";
import { ChatProvider } from "@/chat/context";
import { browserMemory } from "@/chat/memory";
import { api } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { i18nStart } from "@/lib/i18n/i18n";
import { readerLoad } from "@/lib/markdown/lazy-markdown";

async function start(): Promise<void> {
  const shell = shellRead(document);
  const me = await meRead(document);
  const current_id = conversationAt(location.pathname);
  const reader = readerLoad().catch(() => undefined); // the first answer asks again
  // A conversation is worth the wait for its reader; an empty page is not.
  await Promise.all([i18nStart(me.language), current_id === null ? undefined : reader]);
  const chat = new Chat(me, {
    api,
    memory: browserMemory(me.id),
    open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/v1`),
    random: Math.random,
  });
  chat.networkChanged(navigator.onLine);
  addEventListener("online", () => chat.networkChanged(true));
  addEventListener("offline", () => chat.networkChanged(false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") chat.awake();
  });
  void chat.start(current_id);
  createRoot(shell.root).render(
    <StrictMode>
      <CrashBoundary>
        <ChatProvider value={chat}>
          <App shell={shell} />
        </ChatProvider>
      </CrashBoundary>
    </StrictMode>,
  );
}

start().catch((error: unknown) => {
  if (error instanceof ApiError && error.status === 401) location.assign(signInUrl());
  else throw error;
});
