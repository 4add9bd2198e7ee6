/** What is read from the page's state, each as one pure function; `rows.ts` puts the conversation on screen together. */

import { type FeedState, type Generation, isLive, isReviewed } from "@/lib/store/feed";
import { newestKept } from "@/lib/store/kept";
import { activePath, isRead, type MessageTree, siblingsOf } from "@/lib/store/tree";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { AppealState, ConversationView, Id, MessageView } from "@/lib/wire/views";

import type { AskedReview, ChatState, ListPlace, Turn } from "./state";

/** The server does not know its conversation yet: there is nothing to fetch. */
export function isBeingMade(turn: Turn | undefined): boolean {
  return turn?.kind === "ask" && turn.creates !== null;
}

export function turnOf(state: ChatState, conversation_id: Id): Turn | undefined {
  return [...state.turns.values()].findLast((turn) => turn.conversation_id === conversation_id);
}

export const NO_TREE: MessageTree = new Map();

/** The branch on screen; of a long conversation most of it is still to be read. */
export function branchOf(state: ChatState, conversation_id: Id): readonly (MessageNode | MessageView)[] {
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

/** What an answer answers, once it is read. */
export function questionOf(state: ChatState, answer: MessageView): MessageView | undefined {
  if (answer.parent_id === null) return undefined;
  const question = state.feed.messages.get(answer.conversation_id)?.get(answer.parent_id);
  return question !== undefined && isRead(question) ? question : undefined;
}

/** The answer that a reviewer gave back for a withheld one. */
export function restoredOf(state: ChatState, message: MessageView): MessageNode | undefined {
  const tree = state.feed.messages.get(message.conversation_id) ?? NO_TREE;
  return siblingsOf(tree, message).find(({ restored_from }) => restored_from === message.id);
}

/** The generation being written at the end of the branch on screen. */
export function liveGenerationOf(state: ChatState, conversation_id: Id): Generation | undefined {
  const answer = branchOf(state, conversation_id).at(-1);
  const generation = answer === undefined ? undefined : generationOf(state.feed, answer.id);
  return generation !== undefined && isLive(generation.status) ? generation : undefined;
}

/** The newest figures of how full the model's window is. */
export function windowUseOf(state: ChatState, conversation_id: Id): { used: number; size: number } | null {
  const { generations, generation_of } = state.feed;
  const generation = generations.get(newestReported(branchOf(state, conversation_id), generation_of, generations) ?? "");
  if (generation?.context == null) return null;
  const { num_prompt_tokens, context_window } = generation.context;
  return { used: num_prompt_tokens + (generation.usage?.num_completion_tokens ?? 0), size: context_window };
}

/** Asked at every key, of a branch that may be ten thousand long. */
const newestReported = newestKept(
  (
    branch: readonly MessageNode[],
    generation_of: ReadonlyMap<Id, Id>,
    generations: ReadonlyMap<Id, Generation>,
  ): Id | undefined => {
    const newest = branch.findLast(({ id }) => generations.get(generation_of.get(id) ?? "")?.context != null);
    return newest === undefined ? undefined : generation_of.get(newest.id);
  },
);

/** Conversations with an answer under way, each with the generation that can be stopped. */
export function runningOf(feed: FeedState): ReadonlyMap<Id, Id> {
  return runningAmong(feed.generations);
}

/** Every row of the list asks. */
const runningAmong = newestKept((generations: ReadonlyMap<Id, Generation>): ReadonlyMap<Id, Id> => {
  const live = [...generations.values()].filter(({ status }) => isLive(status));
  return new Map(live.map(({ conversation_id, id }) => [conversation_id, id]));
});

/**
 * The list's conversations, newest activity first, as far as its pages have come. What is older and known all the same,
 * because a search found it or an address named it, would stand in a wrong place: it waits for its page.
 */
export function listedOf({ feed, list }: ChatState): readonly ConversationView[] {
  return listedAmong(feed.conversations, list.reaches_to);
}

const listedAmong = newestKept(
  (conversations: ReadonlyMap<Id, ConversationView>, reaches_to: ListPlace | null): readonly ConversationView[] => {
    const known = [...conversations.values()];
    return (reaches_to === null ? known : known.filter((each) => byActivity(each, reaches_to) <= 0)).sort(byActivity);
  },
);

/** As the server orders its pages. */
function byActivity(a: ListPlace, b: ListPlace): number {
  if (a.updated_at !== b.updated_at) return a.updated_at < b.updated_at ? 1 : -1;
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}
