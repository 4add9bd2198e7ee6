/** What is read from the page's state, each as one pure function; `rows.ts` puts the conversation on screen together. */

import { type FeedState, type Generation, isLive, isReviewed } from "@/lib/store/feed";
import { activePath } from "@/lib/store/tree";
import type { AppealState, ConversationView, Id, MessageView } from "@/lib/wire/views";

import type { AskedReview, ChatState, Turn } from "./state";

/** The server does not know its conversation yet: there is nothing to fetch. */
export function isBeingMade(turn: Turn | undefined): boolean {
  return turn?.kind === "ask" && turn.creates !== null;
}

export function turnOf(state: ChatState, conversation_id: Id): Turn | undefined {
  return [...state.turns.values()].findLast((turn) => turn.conversation_id === conversation_id);
}

export const NO_TREE: ReadonlyMap<Id, MessageView> = new Map();

export function branchOf(state: ChatState, conversation_id: Id): readonly MessageView[] {
  const tree = state.feed.messages.get(conversation_id) ?? NO_TREE;
  return activePath(tree, state.feed.conversations.get(conversation_id)?.active_leaf_id ?? null);
}

export function generationOf(feed: FeedState, message_id: Id): Generation | undefined {
  const id = feed.generation_of.get(message_id);
  return id === undefined ? undefined : feed.generations.get(id);
}

/** How review stands of a text that was refused. */
export function appealOf(state: ChatState, decision_id: Id): AppealState {
  return state.feed.appeals.get(decision_id) ?? (state.asked.has(decision_id) ? "waiting" : "none");
}

/** The refused texts of a place that a reviewer has looked at. */
export function reviewedOf(state: ChatState, place: Id): readonly AskedReview[] {
  return [...state.asked.values()].filter((asked) => asked.place === place && isReviewed(appealOf(state, asked.decision_id)));
}

/** What an answer answers. */
export function questionOf(state: ChatState, answer: MessageView): MessageView | undefined {
  if (answer.parent_id === null) return undefined;
  return state.feed.messages.get(answer.conversation_id)?.get(answer.parent_id);
}

/** The answer that a reviewer gave back for a withheld one. */
export function restoredOf(state: ChatState, message: MessageView): MessageView | undefined {
  const tree = state.feed.messages.get(message.conversation_id) ?? NO_TREE;
  return [...tree.values()].find(({ restored_from }) => restored_from === message.id);
}

/** The generation being written at the end of the branch on screen. */
export function liveGenerationOf(state: ChatState, conversation_id: Id): Generation | undefined {
  const answer = branchOf(state, conversation_id).at(-1);
  const generation = answer === undefined ? undefined : generationOf(state.feed, answer.id);
  return generation !== undefined && isLive(generation.status) ? generation : undefined;
}

/** The newest figures of how full the model's window is. */
export function windowUseOf(state: ChatState, conversation_id: Id): { used: number; size: number } | null {
  for (const message of [...branchOf(state, conversation_id)].reverse()) {
    const generation = generationOf(state.feed, message.id);
    if (generation?.context == null) continue;
    const { num_prompt_tokens, context_window } = generation.context;
    return { used: num_prompt_tokens + (generation.usage?.num_completion_tokens ?? 0), size: context_window };
  }
  return null;
}

/** Conversations with an answer under way, each with the generation that can be stopped. */
export function runningOf(feed: FeedState): ReadonlyMap<Id, Id> {
  const live = [...feed.generations.values()].filter(({ status }) => isLive(status));
  return new Map(live.map(({ conversation_id, id }) => [conversation_id, id]));
}

/** The list's conversations, newest activity first. */
export function listedOf(feed: FeedState): readonly ConversationView[] {
  return [...feed.conversations.values()].sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
}
