/**
 * Everything the page shows, and the pure steps by which it changes.
 *
 * The feed's truth stands in `feed`; beside it what only this tab knows: turns not yet confirmed, notices, connection.
 */

import type { NewConversation } from "@/lib/api/calls";
import type { SocketStatus } from "@/lib/socket/socket";
import { closeTree, emptyFeed, type FeedState, fold, type Generation, isLive, isReviewed, withEntry, withoutEntry } from "@/lib/store/feed";
import { sameItems } from "@/lib/store/store";
import { activePath, pathTo, siblingsOf } from "@/lib/store/tree";
import type { FeedEvent } from "@/lib/wire/events";
import type { Refusal } from "@/lib/wire/frames";
import type { AppealState, ConversationView, Id, Me, MessageView, ModelView, PromptTemplate } from "@/lib/wire/views";

/** Conversations whose messages stay in memory; going back to one of them shows it at once. */
const MAX_OPEN_TREES = 8;

/** Where a conversation that does not exist yet keeps its draft, its notice and its settings. */
export const NEW = "new";

interface PendingTurn {
  /** The id the server knows the turn by before it has one of its own: a resend carries the same. */
  readonly client_id: Id;
  readonly request_id: string;
  readonly conversation_id: Id;
  /** Known once the server replied; the facts follow. */
  readonly generation_id: Id | null;
  /** The person pressed stop before there was a generation to stop. */
  readonly is_cancel_wanted: boolean;
}

export interface PendingAsk extends PendingTurn {
  readonly kind: "ask";
  readonly parent_id: Id | null;
  readonly text: string;
  /** The message this one was edited from; a refusal opens that editor again. */
  readonly edit_of: Id | null;
  /** The conversation has to be made first. */
  readonly creates: NewConversation | null;
}

export interface PendingRegenerate extends PendingTurn {
  readonly kind: "regenerate";
  readonly message_id: Id;
}

export type Turn = PendingAsk | PendingRegenerate;

export type Opened = "loading" | "ready" | "missing" | "failed";

export interface List {
  readonly next_page: string | null;
  readonly status: "loading" | "ready" | "failed";
}

export interface Search extends List {
  readonly query: string;
  readonly ids: readonly Id[];
}

/** What an edited message's text field holds. */
export interface Editing {
  readonly message_id: Id;
  readonly text: string;
}

/** Why a command was refused, and the words that came back with it. */
export interface Refused extends Refusal {
  readonly text: string | null;
}

/** A text that was refused and stored nowhere, and that a reviewer is asked about: its words are here alone. */
export interface AskedReview {
  readonly decision_id: Id;
  /** Where the words go back to: a conversation, or NEW. */
  readonly place: Id;
  readonly text: string;
}

/** What the next conversation will be made with. */
export interface Settings {
  readonly model: string | null;
  readonly temperature: number;
}

export interface ChatState {
  readonly me: Me;
  readonly feed: FeedState;
  /** The conversation on screen; null is a new one. */
  readonly current_id: Id | null;
  readonly opened: ReadonlyMap<Id, Opened>;
  readonly turns: ReadonlyMap<Id, Turn>;
  /** Why the last command of a conversation was refused, until the person goes on. */
  readonly refusals: ReadonlyMap<Id, Refused>;
  /** By decision. */
  readonly asked: ReadonlyMap<Id, AskedReview>;
  readonly drafts: ReadonlyMap<Id, string>;
  readonly editing: Editing | null;
  /** The leaf at which the person left a message's branch. */
  readonly last_leaf: ReadonlyMap<Id, Id>;
  readonly socket: SocketStatus;
  readonly is_offline: boolean;
  readonly list: List;
  readonly search: Search | null;
  readonly models: readonly ModelView[];
  readonly templates: readonly PromptTemplate[];
  readonly settings: Settings;
  /** Something failed that belongs to no conversation on screen. */
  readonly alert: Refusal | null;
}

/** The temperature a new conversation begins with, until the person moves it. */
export const DEFAULT_TEMPERATURE = 0.7;

export function initialState(me: Me): ChatState {
  return {
    me,
    feed: emptyFeed,
    current_id: null,
    opened: new Map(),
    turns: new Map(),
    refusals: new Map(),
    asked: new Map(),
    drafts: new Map(),
    editing: null,
    last_leaf: new Map(),
    socket: "closed",
    is_offline: false,
    list: { next_page: null, status: "loading" },
    search: null,
    models: [],
    templates: [],
    settings: { model: null, temperature: DEFAULT_TEMPERATURE },
    alert: null,
  };
}

export function foldEvents(state: ChatState, events: readonly FeedEvent[]): ChatState {
  return settleTurns({ ...state, feed: events.reduce(fold, state.feed) });
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
  const tree = feed.messages.get(conversation_id);
  if (tree === undefined) return undefined;
  return [...tree.values()].find((message) => message.client_message_id === client_id);
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

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly message: MessageView;
  readonly siblings: readonly MessageView[];
}

/** A question on its way, drawn as if it had arrived. */
export interface AskRow {
  readonly kind: "ask";
  readonly key: string;
  readonly turn: PendingAsk;
}

/** The place where an answer will stand. */
export interface AnswerRow {
  readonly kind: "answer";
  readonly key: string;
  readonly turn: Turn;
}

export type Row = MessageRow | AskRow | AnswerRow;

/** The server does not know its conversation yet: there is nothing to fetch. */
export function isBeingMade(turn: Turn | undefined): boolean {
  return turn?.kind === "ask" && turn.creates !== null;
}

export function turnOf(state: ChatState, conversation_id: Id): Turn | undefined {
  return [...state.turns.values()].findLast((turn) => turn.conversation_id === conversation_id);
}

const NO_TREE: ReadonlyMap<Id, MessageView> = new Map();

/** The branch on screen, the turn on its way at its end. System messages belong to the model, not to the reader. */
export function rowsOf(state: ChatState, conversation_id: Id): readonly Row[] {
  const tree = state.feed.messages.get(conversation_id) ?? NO_TREE;
  const turn = turnOf(state, conversation_id);
  const path = turn === undefined ? branchOf(state, conversation_id) : pathTo(tree, parentOf(tree, turn));
  const rows: Row[] = path
    .filter((message) => message.role !== "system")
    .map((message) => ({
      kind: "message",
      key: message.client_message_id ?? message.id,
      message,
      siblings: siblingsOf(tree, message),
    }));
  if (turn?.kind === "ask") rows.push({ kind: "ask", key: turn.client_id, turn });
  if (turn !== undefined) rows.push({ kind: "answer", key: `answer-${turn.client_id}`, turn });
  return rows;
}

function parentOf(tree: ReadonlyMap<Id, MessageView>, turn: Turn): Id | null {
  return turn.kind === "ask" ? turn.parent_id : (tree.get(turn.message_id)?.parent_id ?? null);
}

export function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, index) => sameRow(row, b[index]));
}

function sameRow(a: Row, b: Row | undefined): boolean {
  if (a.kind === "message")
    return b?.kind === "message" && a.message === b.message && sameItems(a.siblings, b.siblings);
  return a.kind === b?.kind && a.turn === b.turn;
}

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
