/** The pure steps by which the page's state changes, when a turn goes out and when the feed brings something in. */

import { closeTree, type FeedState, foldAll } from "@/lib/store/feed";
import { withEntry, withoutEntry } from "@/lib/store/maps";
import { isRead } from "@/lib/store/tree";
import type { FeedEvent } from "@/lib/wire/events";
import type { Id, MessageView } from "@/lib/wire/views";

import type { ChatState, Turn } from "./state";

/** Conversations whose messages stay in memory; going back to one of them shows it at once. */
const MAX_OPEN_TREES = 8;

export function foldEvents(state: ChatState, events: readonly FeedEvent[]): ChatState {
  return settleTurns({ ...state, feed: foldAll(state.feed, events) });
}

export function withTurn(state: ChatState, turn: Turn): ChatState {
  return {
    ...state,
    turns: withEntry(state.turns, turn.client_id, turn),
    refusals: withoutEntry(state.refusals, turn.conversation_id),
    editing: null,
  };
}

export function withoutTurn(state: ChatState, client_id: Id): ChatState {
  return { ...state, turns: withoutEntry(state.turns, client_id) };
}

export function withDraft(state: ChatState, conversation_id: Id, text: string): ChatState {
  return { ...state, drafts: withEntry(state.drafts, conversation_id, text) };
}

export function withActiveLeaf(state: ChatState, conversation_id: Id, leaf_id: Id): ChatState {
  const conversation = state.feed.conversations.get(conversation_id);
  if (conversation === undefined || conversation.active_leaf_id === leaf_id) return state;
  const moved = { ...conversation, active_leaf_id: leaf_id };
  return { ...state, feed: { ...state.feed, conversations: withEntry(state.feed.conversations, moved.id, moved) } };
}

/** A question whose message has arrived is no longer ours to draw; the branch it began is the one on screen. */
export function settleTurns(state: ChatState): ChatState {
  let next = state;
  for (const turn of state.turns.values()) {
    if (turn.kind !== "ask") continue;
    const message = messageByClientId(state.feed, turn.conversation_id, turn.client_id);
    if (message === undefined) continue;
    next = withActiveLeaf(withoutTurn(next, turn.client_id), turn.conversation_id, message.id);
  }
  return next;
}

function messageByClientId(feed: FeedState, conversation_id: Id, client_id: Id): MessageView | undefined {
  for (const node of feed.messages.get(conversation_id)?.values() ?? [])
    if (isRead(node) && node.client_message_id === client_id) return node;
  return undefined;
}

/** Forget the messages of conversations that were on screen long ago. */
export function treesTrimmed(state: ChatState, keep_id: Id): ChatState {
  const others = [...state.feed.messages.keys()].filter((id) => id !== keep_id);
  const dropped = others.slice(0, Math.max(0, others.length + 1 - MAX_OPEN_TREES));
  return dropped.reduce(
    (trimmed, id) => ({
      ...trimmed,
      feed: closeTree(trimmed.feed, id),
      opened: withoutEntry(trimmed.opened, id),
    }),
    state,
  );
}
