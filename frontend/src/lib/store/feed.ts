/**
 * What a user's feed has made true so far, and how one more event changes it.
 *
 * Owns the rules of "exactly once": facts repeat, streams overlap, snapshots and events overtake each other, and the
 * fold comes out the same. Pure: knows no socket, no clock, no page.
 */

import type { FeedEvent } from "@/lib/wire/events";
import type {
  AppealState,
  AppealView,
  ConversationPage,
  ConversationSnapshot,
  ConversationView,
  GenerationStatus,
  GenerationView,
  Id,
  MessageView,
} from "@/lib/wire/views";

/** A generation as this tab knows it: the view, and deltas that came before the ones they follow. */
export interface Generation extends GenerationView {
  /** The stream said that nothing follows; the authoritative text comes with `generation.finished`. */
  readonly has_ended: boolean;
  readonly ahead: ReadonlyMap<number, string>;
}

export interface FeedState {
  readonly conversations: ReadonlyMap<Id, ConversationView>;
  /** A late fact must not bring back what was deleted. */
  readonly deleted: ReadonlySet<Id>;
  /** The trees of the conversations that this tab has opened, and of no others. */
  readonly messages: ReadonlyMap<Id, ReadonlyMap<Id, MessageView>>;
  readonly generations: ReadonlyMap<Id, Generation>;
  /** The generation of an assistant message. */
  readonly generation_of: ReadonlyMap<Id, Id>;
  /** Generations whose text is missing a piece until the conversation is fetched again. */
  readonly gaps: ReadonlySet<Id>;
  /** How review stands of texts that were refused and never stored, by the decision that refused them. */
  readonly appeals: ReadonlyMap<Id, AppealState>;
  readonly seen_facts: ReadonlySet<Id>;
}

export const emptyFeed: FeedState = {
  conversations: new Map(),
  deleted: new Set(),
  messages: new Map(),
  generations: new Map(),
  generation_of: new Map(),
  gaps: new Set(),
  appeals: new Map(),
  seen_facts: new Set(),
};

/** More than a reconnect can replay in one go; older repeats are caught by row_version and by state ranks. */
const MAX_SEEN_FACTS = 2000;

export function isLive(status: GenerationStatus): boolean {
  return status === "queued" || status === "running";
}

export function fold(state: FeedState, event: FeedEvent): FeedState {
  switch (event.type) {
    case "generation.delta":
      return foldDelta(state, event.generation_id, event.seq, event.text);
    case "generation.ended":
      return foldEnd(state, event.generation_id, event.seq);
    case "conversation.created":
    case "conversation.updated":
      return once(state, event.id, (fresh) => putConversation(fresh, event.conversation));
    case "conversation.deleted":
      return once(state, event.id, (fresh) => dropConversation(fresh, event.conversation_id));
    case "message.created":
    case "message.updated":
      return once(state, event.id, (fresh) => putMessage(fresh, event.message));
    case "generation.queued":
    case "generation.started":
      return once(state, event.id, (fresh) => putGeneration(fresh, event.generation));
    case "generation.restarted":
      return once(state, event.id, (fresh) => restartGeneration(fresh, event.generation));
    case "generation.finished":
      return once(state, event.id, (fresh) =>
        putMessage(putGeneration(fresh, event.generation), event.message),
      );
    case "appeal.updated":
      return once(state, event.id, (fresh) => putAppeal(fresh, event.appeal));
  }
}

/** Fold a REST snapshot in. It may be older or newer than what the socket brought meanwhile. */
export function foldSnapshot(state: FeedState, snapshot: ConversationSnapshot): FeedState {
  let next = openTree(putConversation(state, snapshot.conversation), snapshot.conversation.id);
  for (const message of snapshot.messages) next = putMessage(next, message);
  for (const generation of snapshot.generations) next = putGeneration(next, generation);
  const gaps = [...next.gaps].filter((id) => (next.generations.get(id)?.ahead.size ?? 0) > 0);
  return { ...next, gaps: new Set(gaps) };
}

export function foldPage(state: FeedState, page: Pick<ConversationPage, "items">): FeedState {
  return page.items.reduce(putConversation, state);
}

/** From now on the facts about this conversation's messages are kept. */
export function openTree(state: FeedState, conversation_id: Id): FeedState {
  if (state.messages.has(conversation_id)) return state;
  return { ...state, messages: withEntry(state.messages, conversation_id, new Map()) };
}

/** Forget the messages of a conversation that this tab no longer shows. */
export function closeTree(state: FeedState, conversation_id: Id): FeedState {
  return { ...state, messages: withoutEntry(state.messages, conversation_id) };
}

export function putConversation(state: FeedState, conversation: ConversationView): FeedState {
  const known = state.conversations.get(conversation.id);
  if (state.deleted.has(conversation.id)) return state;
  if (known !== undefined && known.row_version > conversation.row_version) return state;
  return { ...state, conversations: withEntry(state.conversations, conversation.id, conversation) };
}

export function dropConversation(state: FeedState, id: Id): FeedState {
  const generations = [...state.generations].filter(([, generation]) => generation.conversation_id !== id);
  return {
    ...closeTree(state, id),
    conversations: withoutEntry(state.conversations, id),
    generations: new Map(generations),
    deleted: new Set(state.deleted).add(id),
  };
}

function once(state: FeedState, fact_id: Id, apply: (state: FeedState) => FeedState): FeedState {
  if (state.seen_facts.has(fact_id)) return state;
  const kept = [...state.seen_facts].slice(-(MAX_SEEN_FACTS - 1));
  return apply({ ...state, seen_facts: new Set(kept).add(fact_id) });
}

/** How far a message is in its life; it never goes back. Its text is written once, a rule's notice on it too. */
function rank(message: MessageView): number {
  switch (message.state) {
    case "held":
      return 1;
    case "visible":
      if (message.text === null) return 0;
      return message.notice === null ? 2 : 3;
    case "withheld":
      return 4;
    case "erased":
      return 5;
  }
}

function putMessage(state: FeedState, message: MessageView): FeedState {
  const tree = state.messages.get(message.conversation_id);
  if (tree === undefined) return state;
  const known = tree.get(message.id);
  if (known !== undefined && rank(known) > rank(message)) return state;
  const appeal = known === undefined ? message.appeal : furtherAppeal(known.appeal, message.appeal);
  const grown = withEntry(tree, message.id, { ...message, appeal });
  return { ...state, messages: withEntry(state.messages, message.conversation_id, grown) };
}

/** A person's question for review, or what came of it. */
export function putAppeal(state: FeedState, appeal: AppealView): FeedState {
  if (appeal.message_id === null) {
    const further = furtherAppeal(state.appeals.get(appeal.decision_id) ?? "none", appeal.state);
    return { ...state, appeals: withEntry(state.appeals, appeal.decision_id, further) };
  }
  const message = state.messages.get(appeal.conversation_id)?.get(appeal.message_id);
  return message === undefined ? state : putMessage(state, { ...message, appeal: appeal.state });
}

/** Review only ever goes on: an older snapshot takes nothing back. */
function furtherAppeal(known: AppealState, next: AppealState): AppealState {
  return isReviewed(known) || (known === "waiting" && next === "none") ? known : next;
}

export function isReviewed(state: AppealState): boolean {
  return state === "confirmed" || state === "overturned";
}

function putGeneration(state: FeedState, view: GenerationView): FeedState {
  const known = state.generations.get(view.id);
  if (known === undefined) return keep(state, { ...view, has_ended: false, ahead: new Map() });
  if (!isLive(known.status)) return isLive(view.status) ? state : keep(state, { ...known, ...view });
  if (view.attempt < known.attempt) return state;
  // The text so far and its seq are one thing: take both from whoever is further.
  const further = view.seq >= known.seq ? view : known;
  return keep(state, drain({ ...known, ...view, text: further.text, seq: further.seq }));
}

/** The event log was lost: text and seq go back to the database's copy, and what came beyond it is void. */
function restartGeneration(state: FeedState, view: GenerationView): FeedState {
  const known = state.generations.get(view.id);
  if (known !== undefined && !isLive(known.status)) return state;
  if (known !== undefined && known.attempt > view.attempt) return state;
  return clearGap(keep(state, { ...view, has_ended: false, ahead: new Map() }), view.id);
}

function foldDelta(state: FeedState, id: Id, seq: number, text: string): FeedState {
  const known = state.generations.get(id);
  if (known === undefined) return { ...state, gaps: new Set(state.gaps).add(id) };
  if (seq <= known.seq || !isLive(known.status)) return state;
  if (seq > known.seq + 1) {
    const waiting = keep(state, { ...known, ahead: new Map(known.ahead).set(seq, text) });
    return { ...waiting, gaps: new Set(state.gaps).add(id) };
  }
  const grown = drain({ ...known, status: "running", seq, text: known.text + text });
  const next = keep(state, grown);
  return grown.ahead.size === 0 ? clearGap(next, id) : next;
}

function foldEnd(state: FeedState, id: Id, seq: number): FeedState {
  const known = state.generations.get(id);
  if (known === undefined || !isLive(known.status)) return state;
  if (seq > known.seq + 1) return { ...state, gaps: new Set(state.gaps).add(id) };
  return keep(state, { ...known, seq: Math.max(seq, known.seq), has_ended: true });
}

/** Append the deltas that had come too early and now fit. */
function drain(generation: Generation): Generation {
  if (generation.ahead.size === 0) return generation;
  const ahead = new Map([...generation.ahead].filter(([seq]) => seq > generation.seq));
  let { text, seq } = generation;
  for (let next = ahead.get(seq + 1); next !== undefined; next = ahead.get(seq + 1)) {
    ahead.delete(++seq);
    text += next;
  }
  return { ...generation, text, seq, ahead };
}

function keep(state: FeedState, generation: Generation): FeedState {
  return {
    ...state,
    generations: withEntry(state.generations, generation.id, generation),
    generation_of:
      state.generation_of.get(generation.message_id) === generation.id
        ? state.generation_of
        : withEntry(state.generation_of, generation.message_id, generation.id),
  };
}

function clearGap(state: FeedState, id: Id): FeedState {
  if (!state.gaps.has(id)) return state;
  return { ...state, gaps: new Set([...state.gaps].filter((gap) => gap !== id)) };
}

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  return new Map([...map].filter(([known]) => known !== key));
}
