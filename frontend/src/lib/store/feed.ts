/**
 * What a user's feed has made true so far, and how one more event changes it.
 *
 * Owns the rules of "exactly once": facts repeat, streams overlap, snapshots and events overtake each other, and the
 * fold comes out the same. Pure: knows no socket, no clock, no page.
 */

import type { FeedEvent } from "@/lib/wire/events";
import type { MessageNode } from "@/lib/wire/skeleton";
import type {
  AppealState,
  AppealView,
  ConversationPage,
  ConversationView,
  ConversationWindow,
  GenerationStatus,
  GenerationView,
  Id,
  MessageView,
} from "@/lib/wire/views";

import { Batch, withEntry, withoutEntry } from "./maps";
import { isRead, type MessageTree } from "./tree";

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
  readonly messages: ReadonlyMap<Id, MessageTree>;
  /** The trees of which every message is known, with its words or without. */
  readonly complete: ReadonlySet<Id>;
  readonly generations: ReadonlyMap<Id, Generation>;
  /** The generation of an assistant message. */
  readonly generation_of: ReadonlyMap<Id, Id>;
  /** Generations whose text is missing a piece until the conversation is fetched again. */
  readonly gaps: ReadonlySet<Id>;
  /** How review stands of texts that were refused and never stored, by the decision that refused them. */
  readonly appeals: ReadonlyMap<Id, AppealState>;
  /** How review stands of messages whose words are still to be read. */
  readonly appeals_ahead: ReadonlyMap<Id, AppealState>;
  readonly seen_facts: ReadonlySet<Id>;
}

export const emptyFeed: FeedState = {
  conversations: new Map(),
  deleted: new Set(),
  messages: new Map(),
  complete: new Set(),
  generations: new Map(),
  generation_of: new Map(),
  gaps: new Set(),
  appeals: new Map(),
  appeals_ahead: new Map(),
  seen_facts: new Set(),
};

/** More than a reconnect can replay in one go; older repeats are caught by row_version and by state ranks. */
const MAX_SEEN_FACTS = 2000;

export function isLive(status: GenerationStatus): boolean {
  return status === "queued" || status === "running";
}

export function fold(state: FeedState, event: FeedEvent): FeedState {
  return foldIn(state, event, new Batch());
}

/** Many events, each map copied but once. */
export function foldAll(state: FeedState, events: readonly FeedEvent[]): FeedState {
  const batch = new Batch();
  return events.reduce((next, event) => foldIn(next, event, batch), state);
}

function foldIn(state: FeedState, event: FeedEvent, batch: Batch): FeedState {
  switch (event.type) {
    case "generation.delta":
      return foldDelta(state, event.generation_id, event.seq, event.text, batch);
    case "generation.ended":
      return foldEnd(state, event.generation_id, event.seq, batch);
    case "conversation.created":
    case "conversation.updated":
      return once(state, event.id, batch, (fresh) => putConversation(fresh, event.conversation, batch));
    case "conversation.deleted":
      return once(state, event.id, batch, (fresh) => dropConversation(fresh, event.conversation_id));
    case "message.created":
    case "message.updated":
      return once(state, event.id, batch, (fresh) => putMessage(fresh, event.message, batch));
    case "generation.queued":
    case "generation.started":
      return once(state, event.id, batch, (fresh) => putGeneration(fresh, event.generation, batch));
    case "generation.restarted":
      return once(state, event.id, batch, (fresh) => restartGeneration(fresh, event.generation, batch));
    case "generation.finished":
      return once(state, event.id, batch, (fresh) =>
        putMessage(putGeneration(fresh, event.generation, batch), event.message, batch),
      );
    case "appeal.updated":
      return once(state, event.id, batch, (fresh) => putAppeal(fresh, event.appeal, batch));
  }
}

/** Fold a part of a conversation in. It may be older or newer than what the socket brought meanwhile. */
export function foldWindow(state: FeedState, part: ConversationWindow): FeedState {
  const { id } = part.conversation;
  const batch = new Batch();
  let next = openTree(putConversation(state, part.conversation, batch), id);
  for (const message of part.messages) next = putMessage(next, message, batch);
  for (const generation of part.generations) next = putGeneration(next, generation, batch);
  const gaps = [...next.gaps].filter((gap) => (next.generations.get(gap)?.ahead.size ?? 0) > 0);
  return { ...next, gaps: new Set(gaps), complete: part.is_whole ? batch.add(next.complete, id) : next.complete };
}

/** Fold in which messages there are; `is_last`: none comes after these. A tree that was closed meanwhile stays closed. */
export function foldNodes(state: FeedState, id: Id, nodes: readonly MessageNode[], is_last: boolean): FeedState {
  const batch = new Batch();
  let tree = state.messages.get(id);
  if (tree === undefined) return state;
  for (const node of nodes) {
    const known = tree.get(node.id);
    if (known === undefined || rank(node) > rank(known)) tree = batch.put(tree, node.id, node);
  }
  return {
    ...state,
    messages: batch.put(state.messages, id, tree),
    complete: is_last ? batch.add(state.complete, id) : state.complete,
  };
}

export function foldPage(state: FeedState, page: Pick<ConversationPage, "items">): FeedState {
  const batch = new Batch();
  return page.items.reduce((next, conversation) => putConversation(next, conversation, batch), state);
}

/**
 * Facts were lost: nothing that is known of messages holds any more, and whatever comes is news. Of the conversation on
 * screen the messages keep their places, so that the person keeps theirs.
 */
export function feedLost(state: FeedState, current_id: Id | null): FeedState {
  const tree = current_id === null ? undefined : state.messages.get(current_id);
  const is_doubtful = ({ conversation_id, status }: Generation): boolean =>
    conversation_id === current_id && isLive(status);
  return {
    ...state,
    messages: new Map(current_id === null || tree === undefined ? [] : [[current_id, withoutWords(tree)]]),
    complete: new Set(),
    generations: new Map([...state.generations].filter(([, generation]) => !is_doubtful(generation))),
    gaps: new Set(),
    seen_facts: new Set(),
  };
}

function withoutWords(tree: MessageTree): MessageTree {
  return new Map(
    [...tree.values()].map(({ id, parent_id, role, state, restored_from }) => [
      id,
      { id, parent_id, role, state, restored_from },
    ]),
  );
}

/** From now on the facts about this conversation's messages are kept. */
export function openTree(state: FeedState, conversation_id: Id): FeedState {
  if (state.messages.has(conversation_id)) return state;
  return { ...state, messages: withEntry(state.messages, conversation_id, new Map()) };
}

/** Forget the messages of a conversation that this tab no longer shows. */
export function closeTree(state: FeedState, conversation_id: Id): FeedState {
  const complete = new Set(state.complete);
  complete.delete(conversation_id);
  return { ...state, messages: withoutEntry(state.messages, conversation_id), complete };
}

export function putConversation(
  state: FeedState,
  conversation: ConversationView,
  batch = new Batch(),
): FeedState {
  const known = state.conversations.get(conversation.id);
  if (state.deleted.has(conversation.id)) return state;
  if (known !== undefined && known.row_version > conversation.row_version) return state;
  return { ...state, conversations: batch.put(state.conversations, conversation.id, conversation) };
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

function once(state: FeedState, fact_id: Id, batch: Batch, apply: (state: FeedState) => FeedState): FeedState {
  if (state.seen_facts.has(fact_id)) return state;
  return apply({ ...state, seen_facts: batch.add(state.seen_facts, fact_id, MAX_SEEN_FACTS) });
}

/** How far a message is in its life; it never goes back. Its text is written once, a rule's notice on it too. */
function rank(message: MessageNode | MessageView): number {
  switch (message.state) {
    case "held":
      return 1;
    case "visible":
      if (!isRead(message) || message.text === null) return 0;
      return message.notice === null ? 2 : 3;
    case "withheld":
      return 4;
    case "erased":
      return 5;
  }
}

function putMessage(state: FeedState, message: MessageView, batch: Batch): FeedState {
  const tree = state.messages.get(message.conversation_id);
  if (tree === undefined) return state;
  const known = tree.get(message.id);
  if (known !== undefined && rank(known) > rank(message)) return state;
  const before = known !== undefined && isRead(known) ? known.appeal : (state.appeals_ahead.get(message.id) ?? "none");
  const grown = batch.put(tree, message.id, { ...message, appeal: furtherAppeal(before, message.appeal) });
  return { ...state, messages: batch.put(state.messages, message.conversation_id, grown) };
}

/** A person's question for review, or what came of it. */
export function putAppeal(state: FeedState, appeal: AppealView, batch = new Batch()): FeedState {
  const { message_id, decision_id } = appeal;
  if (message_id === null) {
    const further = furtherAppeal(state.appeals.get(decision_id) ?? "none", appeal.state);
    return { ...state, appeals: batch.put(state.appeals, decision_id, further) };
  }
  const tree = state.messages.get(appeal.conversation_id);
  if (tree === undefined) return state;
  const known = tree.get(message_id);
  if (known !== undefined && isRead(known)) return putMessage(state, { ...known, appeal: appeal.state }, batch);
  const further = furtherAppeal(state.appeals_ahead.get(message_id) ?? "none", appeal.state);
  return { ...state, appeals_ahead: batch.put(state.appeals_ahead, message_id, further) };
}

/** Review only ever goes on: an older snapshot takes nothing back. */
function furtherAppeal(known: AppealState, next: AppealState): AppealState {
  return isReviewed(known) || (known === "waiting" && next === "none") ? known : next;
}

export function isReviewed(state: AppealState): boolean {
  return state === "confirmed" || state === "overturned";
}

function putGeneration(state: FeedState, view: GenerationView, batch: Batch): FeedState {
  const known = state.generations.get(view.id);
  if (known === undefined) return keep(state, { ...view, has_ended: false, ahead: new Map() }, batch);
  if (!isLive(known.status)) return isLive(view.status) ? state : keep(state, { ...known, ...view }, batch);
  if (view.attempt < known.attempt) return state;
  // The text so far and its seq are one thing: take both from whoever is further.
  const further = view.seq >= known.seq ? view : known;
  return keep(state, drain({ ...known, ...view, text: further.text, seq: further.seq }), batch);
}

/** The event log was lost: text and seq go back to the database's copy, and what came beyond it is void. */
function restartGeneration(state: FeedState, view: GenerationView, batch: Batch): FeedState {
  const known = state.generations.get(view.id);
  if (known !== undefined && !isLive(known.status)) return state;
  if (known !== undefined && known.attempt > view.attempt) return state;
  return clearGap(keep(state, { ...view, has_ended: false, ahead: new Map() }, batch), view.id);
}

function foldDelta(state: FeedState, id: Id, seq: number, text: string, batch: Batch): FeedState {
  const known = state.generations.get(id);
  if (known === undefined) return { ...state, gaps: batch.add(state.gaps, id) };
  if (seq <= known.seq || !isLive(known.status)) return state;
  if (seq > known.seq + 1) {
    const waiting = keep(state, { ...known, ahead: new Map(known.ahead).set(seq, text) }, batch);
    return { ...waiting, gaps: batch.add(state.gaps, id) };
  }
  const grown = drain({ ...known, status: "running", seq, text: known.text + text });
  const next = keep(state, grown, batch);
  return grown.ahead.size === 0 ? clearGap(next, id) : next;
}

function foldEnd(state: FeedState, id: Id, seq: number, batch: Batch): FeedState {
  const known = state.generations.get(id);
  if (known === undefined || !isLive(known.status)) return state;
  if (seq > known.seq + 1) return { ...state, gaps: batch.add(state.gaps, id) };
  return keep(state, { ...known, seq: Math.max(seq, known.seq), has_ended: true }, batch);
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

function keep(state: FeedState, generation: Generation, batch: Batch): FeedState {
  const { id, message_id } = generation;
  return {
    ...state,
    generations: batch.put(state.generations, id, generation),
    generation_of:
      state.generation_of.get(message_id) === id ? state.generation_of : batch.put(state.generation_of, message_id, id),
  };
}

function clearGap(state: FeedState, id: Id): FeedState {
  if (!state.gaps.has(id)) return state;
  return { ...state, gaps: new Set([...state.gaps].filter((gap) => gap !== id)) };
}
