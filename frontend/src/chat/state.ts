/**
 * Everything the page shows: its shape, and how it begins.
 *
 * The feed's truth stands in `feed`; beside it what only this tab knows: turns not yet confirmed, notices, connection.
 * How it changes stands in `steps.ts`, what is read from it in `reading.ts` and `rows.ts`.
 */

import type { NewConversation } from "@/lib/api/calls";
import type { SocketStatus } from "@/lib/socket/socket";
import { emptyFeed, type FeedState } from "@/lib/store/feed";
import type { Refusal } from "@/lib/wire/frames";
import type { ConversationView, Id, Me, ModelView, PromptTemplate } from "@/lib/wire/views";

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

/** Where a conversation stands in the list; the place stays when the conversation moves on. */
export type ListPlace = Pick<ConversationView, "updated_at" | "id">;

/** The list without a search. */
export interface WholeList extends List {
  /** The last place of the pages that have come; null: all of them, or none yet. */
  readonly reaches_to: ListPlace | null;
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
  readonly list: WholeList;
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
    list: { next_page: null, status: "loading", reaches_to: null },
    search: null,
    models: [],
    templates: [],
    settings: { model: null, temperature: DEFAULT_TEMPERATURE },
    alert: null,
  };
}
