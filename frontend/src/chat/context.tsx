/** Hands the page's one `Chat` to its components. */

import { createContext, useContext } from "react";

import { useSelected } from "@/lib/store/store";

import type { Chat } from "./chat";
import type { ChatState } from "./state";

const ChatContext = createContext<Chat | null>(null);

export const ChatProvider = ChatContext.Provider;

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (chat === null) throw new Error("useChat must be called under a ChatProvider");
  return chat;
}

export function useChatState<T>(select: (state: ChatState) => T, same?: (a: T, b: T) => boolean): T {
  return useSelected(useChat().store, select, same);
}
