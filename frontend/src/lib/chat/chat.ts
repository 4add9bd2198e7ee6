/**
 * What a person can do on the page, each as one method; joins the store, REST and the socket.
 *
 * Every change of state goes through a pure step of `state.ts` or `feed.ts`; here stands only when, and what is asked of
 * the server.
 */

import { type Api, type ConversationChange, type NewConversation } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { FeedSocket, type SocketEdges, type SocketStatus } from "@/lib/socket/socket";
import {
  closeTree,
  dropConversation,
  foldPage,
  foldSnapshot,
  isLive,
  openTree,
  putConversation,
  withEntry,
  withoutEntry,
} from "@/lib/store/feed";
import { createStore, type Store } from "@/lib/store/store";
import { leafFor } from "@/lib/store/tree";
import { earlierCursor } from "@/lib/wire/cursor";
import type { Command, EventsFrame, Outcome, Refusal, Watch } from "@/lib/wire/frames";
import { newId } from "@/lib/wire/ids";
import type { ConversationView, Id, Language, Me, MessageView, Place } from "@/lib/wire/views";

import type { Memory } from "./memory";
import {
  branchOf,
  type ChatState,
  foldEvents,
  generationOf,
  initialState,
  liveGenerationOf,
  NEW,
  type PendingAsk,
  type Settings,
  settleTurns,
  type Turn,
  turnOf,
  withActiveLeaf,
  withoutTurn,
  withTurn,
} from "./state";

/** Conversations whose messages stay in memory; going back to one of them shows it at once. */
const MAX_OPEN_TREES = 8;
/** Between two fetches that a gap in a stream asks for. */
const REFETCH_EVERY_MS = 1000;
/** Between two tries of a REST call that failed in passing. */
const RETRY_MS = 2000;
/** `generation.finished` follows the end within the outbox's relay; longer, and it was lost on the way. */
const FINISH_WITHIN_MS = 6000;

export interface ChatEdges extends SocketEdges {
  readonly api: Api;
  readonly memory: Memory;
}

export interface Ask {
  readonly text: string;
  readonly parent_id: Id | null;
  readonly edit_of?: Id;
}

export class Chat {
  readonly store: Store<ChatState>;
  readonly #api: Api;
  readonly #memory: Memory;
  readonly #socket: FeedSocket;
  /** The feed up to which this tab has everything: snapshots set it first, `events` frames move it on. */
  #cursor: string | null = null;
  #is_refetch_due = false;

  constructor(me: Me, { api, memory, open, random }: ChatEdges) {
    this.store = createStore(initialState(me));
    this.#api = api;
    this.#memory = memory;
    this.#socket = new FeedSocket(
      { open, random },
      {
        onStatus: (status) => this.#connectionChanged(status),
        onEvents: (frame) => this.#eventsCame(frame),
        onResync: () => void this.#resync(),
        onOutcome: (command, outcome) => this.#commandEnded(command, outcome),
        onReady: ({ max_text_chars }) => this.#set((state) => ({ ...state, me: { ...state.me, max_text_chars } })),
        watched: () => this.#watched(),
      },
    );
  }

  /** Take up what an earlier visit left unanswered, show the conversation of the address, connect. */
  async start(current_id: Id | null): Promise<void> {
    for (const turn of this.#memory.turns()) this.#turnGo(turn);
    this.open(current_id);
    void this.choicesLoad();
    await this.listMore();
    this.#socket.connect();
  }

  connect(): void {
    this.#socket.connect();
  }

  networkChanged(is_online: boolean): void {
    this.#set((state) => ({ ...state, is_offline: !is_online }));
    if (is_online && this.store.get().socket === "waiting") this.#socket.connect();
  }

  // Conversations

  open(id: Id | null): void {
    this.#set((state) => ({ ...state, current_id: id, editing: null }));
    this.#draftRestore(id ?? NEW);
    if (id === null) return this.#socket.watch();
    this.#set((state) => treesTrimmed({ ...state, feed: openTree(state.feed, id) }, id));
    if (this.store.get().opened.get(id) === "ready") this.#socket.watch();
    if (!isBeingMade(turnOf(this.store.get(), id))) void this.#fetch(id);
  }

  async listMore(): Promise<void> {
    const { list } = this.store.get();
    this.#set((state) => ({ ...state, list: { ...state.list, status: "loading" } }));
    try {
      const page = await this.#api.conversationPage("", list.next_page);
      this.#cursorFrom(page.feed);
      this.#set((state) => ({
        ...state,
        feed: foldPage(state.feed, page),
        list: { ids: [], next_page: page.next_page, status: "ready" },
      }));
    } catch (error) {
      this.#failed(error);
      this.#set((state) => ({ ...state, list: { ...state.list, status: "failed" } }));
    }
  }

  /** An empty query leaves the search. */
  async search(query: string): Promise<void> {
    if (query === "") return this.#set((state) => ({ ...state, search: null }));
    this.#set((state) => ({ ...state, search: { query, ids: [], next_page: null, status: "loading" } }));
    await this.#searchPage(query, null);
  }

  async searchMore(): Promise<void> {
    const { search } = this.store.get();
    if (search?.next_page == null || search.status === "loading") return;
    this.#set((state) => ({ ...state, search: { ...search, status: "loading" } }));
    await this.#searchPage(search.query, search.next_page);
  }

  async conversationChange(id: Id, change: ConversationChange): Promise<void> {
    const before = this.store.get().feed.conversations.get(id);
    if (before !== undefined) this.#put({ ...before, ...change });
    try {
      this.#put(await this.#api.conversationChange(id, change));
    } catch (error) {
      if (before !== undefined) this.#put(before);
      this.#failed(error);
    }
  }

  async conversationDelete(id: Id): Promise<boolean> {
    try {
      await this.#api.conversationDelete(id);
      this.#set((state) => ({ ...state, feed: dropConversation(state.feed, id) }));
      this.#memory.draftKeep(id, "");
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  settingsChange(change: Partial<Settings>): void {
    this.#set((state) => ({ ...state, settings: { ...state.settings, ...change } }));
  }

  // Turns

  /** Ask in a conversation that is still to be made; returns its id. */
  askFirst(text: string, template: NewConversation["template"]): Id {
    const id = newId();
    const { settings } = this.store.get();
    const creates: NewConversation = {
      id,
      temperature: settings.temperature,
      ...(settings.model === null ? {} : { model: settings.model }),
      ...(template === undefined ? {} : { template }),
    };
    this.draftChange(NEW, "");
    this.#turnGo({ ...this.#askOf(id, { text, parent_id: null }), creates });
    return id;
  }

  ask(conversation_id: Id, ask: Ask): void {
    if (ask.edit_of === undefined) this.draftChange(conversation_id, "");
    this.#turnGo(this.#askOf(conversation_id, ask));
  }

  regenerate(message: MessageView): void {
    this.#turnGo({
      kind: "regenerate",
      client_id: newId(),
      request_id: newId(),
      conversation_id: message.conversation_id,
      message_id: message.id,
      generation_id: null,
      is_cancel_wanted: false,
    });
  }

  /** Stop the answer of a conversation; one that has no generation yet is stopped as soon as it has. */
  stop(conversation_id: Id): void {
    const generation = liveGenerationOf(this.store.get(), conversation_id);
    const turn = turnOf(this.store.get(), conversation_id);
    const generation_id = turn === undefined ? generation?.id : turn.generation_id;
    if (generation_id != null) this.stopGeneration(generation_id);
    else if (turn !== undefined) this.#set((state) => withTurn(state, { ...turn, is_cancel_wanted: true }));
  }

  stopGeneration(generation_id: Id): void {
    this.#socket.command({ type: "generation.cancel", request_id: newId(), generation_id });
  }

  draftChange(conversation_id: Id, text: string): void {
    this.#set((state) => ({ ...state, drafts: withEntry(state.drafts, conversation_id, text) }));
    this.#memory.draftKeep(conversation_id, text);
  }

  editOpen(message: MessageView): void {
    this.#set((state) => ({ ...state, editing: { message_id: message.id, text: message.text ?? "" } }));
  }

  editChange(text: string): void {
    this.#set((state) => (state.editing === null ? state : { ...state, editing: { ...state.editing, text } }));
  }

  editClose(): void {
    this.#set((state) => ({ ...state, editing: null }));
  }

  refusalDismiss(conversation_id: Id): void {
    this.#set((state) => ({ ...state, refusals: withoutEntry(state.refusals, conversation_id) }));
  }

  alertDismiss(): void {
    this.#set((state) => ({ ...state, alert: null }));
  }

  /** Turn to another of the messages that share a parent, at the leaf where the person last was under it. */
  siblingOpen(message: MessageView, sibling_id: Id): void {
    const { feed, last_leaf } = this.store.get();
    const conversation_id = message.conversation_id;
    const tree = feed.messages.get(conversation_id);
    const left_at = branchOf(this.store.get(), conversation_id).at(-1)?.id;
    if (tree === undefined || left_at === undefined) return;
    const leaf_id = leafFor(tree, sibling_id, last_leaf.get(sibling_id));
    this.#set((state) => ({ ...state, last_leaf: withEntry(state.last_leaf, message.id, left_at), editing: null }));
    void this.conversationChange(conversation_id, { active_leaf_id: leaf_id });
  }

  /** Where a queued generation stands; null when it cannot be told just now. */
  async place(generation_id: Id): Promise<Place | null> {
    try {
      return await this.#api.place(generation_id);
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  }

  // Settings

  async languageChange(language: Language): Promise<void> {
    this.#set((state) => ({ ...state, me: { ...state.me, language } }));
    try {
      await this.#api.meChange({ language });
    } catch (error) {
      this.#failed(error);
    }
  }

  // Inside

  #set(change: (state: ChatState) => ChatState): void {
    this.store.update(change);
  }

  #put(conversation: ConversationView): void {
    this.#set((state) => ({ ...state, feed: putConversation(state.feed, conversation) }));
  }

  #failed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) this.#set((state) => ({ ...state, socket: "signed_out" }));
    else this.#set((state) => ({ ...state, alert: error.refusal }));
  }

  /** Which models and templates there are; asked again when a list of them opens, for workers come and go. */
  async choicesLoad(): Promise<void> {
    try {
      const [models, templates] = await Promise.all([this.#api.models(), this.#api.promptTemplates()]);
      this.#set((state) => ({ ...state, models, templates }));
    } catch (error) {
      this.#failed(error);
    }
  }

  async #searchPage(query: string, after: string | null): Promise<void> {
    try {
      const page = await this.#api.conversationPage(query, after);
      this.#set((state) => {
        if (state.search?.query !== query) return state; // the person typed on
        const ids = [...state.search.ids, ...page.items.map(({ id }) => id)];
        return {
          ...state,
          feed: foldPage(state.feed, page),
          search: { query, ids: [...new Set(ids)], next_page: page.next_page, status: "ready" },
        };
      });
    } catch (error) {
      this.#failed(error);
      this.#set((state) => ({ ...state, search: { query, ids: [], next_page: null, status: "failed" } }));
    }
  }

  /** Until the socket leads, the oldest snapshot does: what happened after it must come again. */
  #cursorFrom(feed: string | null): void {
    if (this.#cursor === null || this.store.get().socket === "closed") this.#cursor = earlierCursor(this.#cursor, feed);
  }

  async #fetch(id: Id): Promise<void> {
    const shown = this.store.get().opened.get(id);
    if (shown !== "ready") this.#opened(id, "loading");
    try {
      const snapshot = await this.#api.conversationSnapshot(id);
      this.#cursorFrom(snapshot.feed);
      this.#set((state) => settleTurns({ ...state, feed: foldSnapshot(state.feed, snapshot) }));
      this.#opened(id, "ready");
      if (this.store.get().current_id === id) this.#socket.watch();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return this.#opened(id, "missing");
      if (shown !== "ready") this.#opened(id, "failed");
      this.#failed(error);
    }
  }

  #opened(id: Id, how: "loading" | "ready" | "missing" | "failed"): void {
    this.#set((state) => ({ ...state, opened: withEntry(state.opened, id, how) }));
  }

  #draftRestore(conversation_id: Id): void {
    if (this.store.get().drafts.has(conversation_id)) return;
    const text = this.#memory.draft(conversation_id);
    this.#set((state) => ({ ...state, drafts: withEntry(state.drafts, conversation_id, text) }));
  }

  // Turns on their way

  #askOf(conversation_id: Id, { text, parent_id, edit_of }: Ask): PendingAsk {
    return {
      kind: "ask",
      client_id: newId(),
      request_id: newId(),
      conversation_id,
      parent_id,
      text,
      edit_of: edit_of ?? null,
      creates: null,
      generation_id: null,
      is_cancel_wanted: false,
    };
  }

  #turnGo(turn: Turn): void {
    this.#set((state) => {
      const opened = turn.kind === "ask" && turn.creates !== null ? madeHere(state, turn) : state;
      return withTurn({ ...opened, feed: openTree(opened.feed, turn.conversation_id) }, turn);
    });
    this.#turnsKeep();
    if (turn.kind === "ask" && turn.creates !== null) void this.#createThenAsk(turn, turn.creates);
    else this.#socket.command(commandOf(turn));
  }

  /** Asking to make the same conversation twice makes one, so a failure in passing is simply asked again. */
  async #createThenAsk(turn: PendingAsk, creates: NewConversation): Promise<void> {
    try {
      const conversation = await this.#api.conversationCreate(creates);
      this.#put(conversation);
      const is_cancel_wanted = this.store.get().turns.get(turn.client_id)?.is_cancel_wanted ?? false;
      const ready = { ...turn, is_cancel_wanted, creates: null, parent_id: conversation.active_leaf_id };
      this.#set((state) => withTurn(state, ready));
      this.#turnsKeep();
      this.#socket.command(commandOf(ready));
      this.#socket.watch();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) return this.#failed(error);
      if (error.is_passing) setTimeout(() => void this.#createThenAsk(turn, creates), RETRY_MS);
      else this.#turnRefused(turn, error.refusal);
    }
  }

  #commandEnded(command: Command, outcome: Outcome): void {
    if (command.type === "generation.cancel") return; // the feed says how it ended, an ended one needs no cancel
    const client_id = command.type === "turn.start" ? command.client_message_id : command.client_turn_id;
    const turn = this.store.get().turns.get(client_id);
    if (turn?.is_cancel_wanted === true && outcome.type === "reply" && outcome.generation_id !== null)
      this.stopGeneration(outcome.generation_id);
    if (turn === undefined) return;
    if (outcome.type === "error") this.#turnRefused(turn, outcome);
    else this.#turnAccepted(turn, outcome);
  }

  #turnAccepted(turn: Turn, { message_id, generation_id }: Extract<Outcome, { type: "reply" }>): void {
    this.#set((state) => {
      if (turn.kind === "ask") return withTurn(state, { ...turn, generation_id }); // its message will settle it
      const settled = withoutTurn(state, turn.client_id);
      return message_id === null ? settled : withActiveLeaf(settled, turn.conversation_id, message_id);
    });
    this.#turnsKeep();
  }

  /** Nothing was stored: the words go back to where they were typed. */
  #turnRefused(turn: Turn, refusal: Refusal): void {
    this.#set((state) => {
      const back = withoutTurn(state, turn.client_id);
      const refusals = withEntry(back.refusals, turn.conversation_id, refusal);
      if (turn.kind === "ask" && turn.edit_of !== null)
        return { ...back, refusals, editing: { message_id: turn.edit_of, text: turn.text } };
      return { ...back, refusals };
    });
    this.#turnsKeep();
    if (turn.kind !== "ask" || turn.edit_of !== null) return;
    const typed_since = this.store.get().drafts.get(turn.conversation_id) ?? "";
    this.draftChange(turn.conversation_id, [turn.text, typed_since].filter((part) => part !== "").join("\n"));
  }

  #turnsKeep(): void {
    const turns = [...this.store.get().turns.values()];
    this.#memory.turnsKeep(turns.filter(({ generation_id }) => generation_id === null));
  }

  // The socket

  #watched(): Watch {
    const { current_id, feed } = this.store.get();
    const live = [...feed.generations.values()].filter(
      ({ conversation_id, status }) => conversation_id === current_id && isLive(status),
    );
    return {
      type: "watch",
      feed: this.#cursor,
      conversation_ids: current_id === null || !feed.conversations.has(current_id) ? [] : [current_id],
      generations: Object.fromEntries(live.map(({ id, seq }) => [id, seq])),
    };
  }

  #connectionChanged(status: SocketStatus): void {
    this.#set((state) => ({ ...state, socket: status }));
  }

  #eventsCame(frame: EventsFrame): void {
    const turns_before = this.store.get().turns;
    this.#cursor = frame.feed ?? this.#cursor;
    this.#set((state) => foldEvents(state, frame.events));
    if (this.store.get().turns !== turns_before) this.#turnsKeep();
    if (this.store.get().feed.gaps.size > 0) this.#refetchSoon();
    for (const event of frame.events) if (event.type === "generation.ended") this.#expectFinish(event.generation_id);
  }

  #expectFinish(generation_id: Id): void {
    setTimeout(() => {
      const generation = this.store.get().feed.generations.get(generation_id);
      if (generation !== undefined && isLive(generation.status)) void this.#fetch(generation.conversation_id);
    }, FINISH_WITHIN_MS);
  }

  #refetchSoon(): void {
    const { current_id } = this.store.get();
    if (this.#is_refetch_due || current_id === null) return;
    this.#is_refetch_due = true;
    void this.#fetch(current_id);
    setTimeout(() => {
      this.#is_refetch_due = false;
      if (this.store.get().feed.gaps.size > 0) this.#refetchSoon();
    }, REFETCH_EVERY_MS);
  }

  /** The server let go of our place in the feed: what is on screen is fetched again, and its cursor taken. */
  async #resync(): Promise<void> {
    const { current_id } = this.store.get();
    try {
      const page = await this.#api.conversationPage("", null);
      const snapshot = current_id === null ? null : await this.#api.conversationSnapshot(current_id);
      this.#cursor = page.feed;
      this.#set((state) => {
        const feed = foldPage(state.feed, page);
        return settleTurns({ ...state, feed: snapshot === null ? feed : foldSnapshot(feed, snapshot) });
      });
      this.#socket.watch();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.is_passing) setTimeout(() => void this.#resync(), RETRY_MS);
      else this.#failed(error);
    }
  }
}

function commandOf(turn: Turn): Command {
  if (turn.kind === "regenerate")
    return {
      type: "turn.regenerate",
      request_id: turn.request_id,
      message_id: turn.message_id,
      client_turn_id: turn.client_id,
    };
  return {
    type: "turn.start",
    request_id: turn.request_id,
    conversation_id: turn.conversation_id,
    parent_id: turn.parent_id,
    client_message_id: turn.client_id,
    text: turn.text,
  };
}

/** A conversation made in this tab has nothing to fetch: it is shown at once. */
function madeHere(state: ChatState, turn: PendingAsk): ChatState {
  return { ...state, opened: withEntry(state.opened, turn.conversation_id, "ready") };
}

function isBeingMade(turn: Turn | undefined): boolean {
  return turn?.kind === "ask" && turn.creates !== null;
}

function treesTrimmed(state: ChatState, keep_id: Id): ChatState {
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

/** Whether a message's answer can still change. */
export function isWriting(state: ChatState, message_id: Id): boolean {
  const generation = generationOf(state.feed, message_id);
  return generation !== undefined && isLive(generation.status);
}
