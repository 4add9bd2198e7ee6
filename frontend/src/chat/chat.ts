/**
 * What a person can do on the page, each as one method; joins the store, REST and the socket.
 *
 * Every change of state goes through a pure step of `steps.ts` or `store/feed.ts`; turns are carried by `turns.ts`, the
 * feed is read by `reader.ts`; here stand conversations, lists, drafts and settings.
 */

import type { Api, ConversationChange, NewConversation } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { FeedSocket, type SocketEdges } from "@/lib/socket/socket";
import { dropConversation, foldPage, openTree, putConversation, withEntry, withoutEntry } from "@/lib/store/feed";
import { createStore, type Store } from "@/lib/store/store";
import { leafFor } from "@/lib/store/tree";
import type { ConversationView, Id, Language, Me, MessageView, Place } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { Memory } from "./memory";
import { FeedReader } from "./reader";
import { branchOf, isBeingMade, turnOf } from "./reading";
import { Reviews } from "./reviews";
import { type ChatState, initialState, NEW, type Settings } from "./state";
import { treesTrimmed, withDraft } from "./steps";
import { type Ask, Turns } from "./turns";

export interface ChatEdges extends SocketEdges {
  readonly api: Api;
  readonly memory: Memory;
}

export class Chat {
  readonly store: Store<ChatState>;
  readonly #api: Api;
  readonly #memory: Memory;
  readonly #socket: FeedSocket;
  readonly #reader: FeedReader;
  readonly #turns: Turns;
  readonly #reviews: Reviews;

  constructor(me: Me, { api, memory, open, random }: ChatEdges) {
    this.store = createStore(initialState(me));
    this.#api = api;
    this.#memory = memory;
    this.#reader = new FeedReader(this.store, api, () => this.#socket.watch());
    this.#turns = new Turns(this.store, api, memory, {
      command: (command) => this.#socket.command(command),
      watch: () => this.#socket.watch(),
    });
    this.#reviews = new Reviews(this.store, api, memory);
    this.#socket = new FeedSocket(
      { open, random },
      {
        onStatus: (socket) => this.#set((state) => ({ ...state, socket })),
        onEvents: (frame) => {
          const { turns } = this.store.get();
          this.#reader.read(frame);
          if (this.store.get().turns !== turns) this.#turns.keep();
        },
        onResync: () => void this.#reader.resync(),
        onOutcome: (command, outcome) => this.#turns.ended(command, outcome),
        onReady: ({ max_text_chars }) => this.#set((state) => ({ ...state, me: { ...state.me, max_text_chars } })),
        watched: () => this.#reader.watched(),
      },
    );
  }

  /** Take up what an earlier visit left unanswered, show the conversation of the address, connect. */
  async start(current_id: Id | null): Promise<void> {
    this.#turns.resume();
    this.open(current_id);
    void this.choicesLoad();
    void this.#reviews.resume();
    await this.listMore();
    this.#socket.connect();
  }

  connect(): void {
    this.#socket.connect();
  }

  networkChanged(is_online: boolean): void {
    this.#set((state) => ({ ...state, is_offline: !is_online }));
    if (is_online) this.#socket.probe();
  }

  /** The tab is looked at again, perhaps after a night. */
  awake(): void {
    this.#socket.probe();
  }

  // Conversations

  open(id: Id | null): void {
    this.#set((state) => withDraft({ ...state, current_id: id, editing: null }, id ?? NEW, this.#draftOf(id ?? NEW)));
    if (id === null) {
      this.#socket.watch();
      return;
    }
    this.#set((state) => treesTrimmed({ ...state, feed: openTree(state.feed, id) }, id));
    if (isBeingMade(turnOf(this.store.get(), id))) return; // its creation goes on to watch it
    if (this.store.get().opened.get(id) === "ready") this.#socket.watch();
    void this.#reader.fetch(id);
  }

  async listMore(): Promise<void> {
    const { list } = this.store.get();
    this.#set((state) => ({ ...state, list: { ...state.list, status: "loading" } }));
    try {
      const page = await this.#api.conversationPage("", list.next_page);
      this.#reader.cursorFrom(page.feed);
      this.#set((state) => ({
        ...state,
        feed: foldPage(state.feed, page),
        list: { next_page: page.next_page, status: "ready" },
      }));
    } catch (error) {
      failureShow(this.store, error);
      this.#set((state) => ({ ...state, list: { ...state.list, status: "failed" } }));
    }
  }

  /** An empty query leaves the search. */
  async search(query: string): Promise<void> {
    const search = query === "" ? null : ({ query, ids: [], next_page: null, status: "loading" } as const);
    this.#set((state) => ({ ...state, search }));
    if (search !== null) await this.#searchPage(query, null);
  }

  async searchMore(): Promise<void> {
    const { search } = this.store.get();
    if (search?.next_page == null || search.status === "loading") return;
    this.#set((state) => ({ ...state, search: { ...search, status: "loading" } }));
    await this.#searchPage(search.query, search.next_page);
  }

  /** Shown at once, and taken back if the server refuses. */
  async conversationChange(id: Id, change: ConversationChange): Promise<void> {
    const before = this.store.get().feed.conversations.get(id);
    if (before !== undefined) this.#put({ ...before, ...change });
    try {
      this.#put(await this.#api.conversationChange(id, change));
    } catch (error) {
      if (before !== undefined) this.#put(before);
      failureShow(this.store, error);
    }
  }

  /** True once it is gone. */
  async conversationDelete(id: Id): Promise<boolean> {
    try {
      await this.#api.conversationDelete(id);
    } catch (error) {
      failureShow(this.store, error);
      return false;
    }
    this.#set((state) => ({ ...state, feed: dropConversation(state.feed, id) }));
    this.#memory.draftKeep(id, "");
    return true;
  }

  /** Turn to another of the messages that share a parent, at the leaf where the person last was under it. */
  siblingOpen(message: MessageView, sibling_id: Id): void {
    const { feed, last_leaf } = this.store.get();
    const tree = feed.messages.get(message.conversation_id);
    const left_at = branchOf(this.store.get(), message.conversation_id).at(-1)?.id;
    if (tree === undefined || left_at === undefined) return;
    const active_leaf_id = leafFor(tree, sibling_id, last_leaf.get(sibling_id));
    this.#set((state) => ({ ...state, last_leaf: withEntry(state.last_leaf, message.id, left_at), editing: null }));
    void this.conversationChange(message.conversation_id, { active_leaf_id });
  }

  // Turns

  /** Ask in a conversation that is still to be made; returns its id. */
  askFirst(text: string, template: NewConversation["template"]): Id {
    this.draftChange(NEW, "");
    this.refusalDismiss(NEW);
    return this.#turns.askFirst(text, template);
  }

  ask(conversation_id: Id, ask: Ask): void {
    if (ask.edit_of === undefined) this.draftChange(conversation_id, "");
    this.#turns.ask(conversation_id, ask);
  }

  regenerate(message: MessageView): void {
    this.#turns.regenerate(message);
  }

  stop(conversation_id: Id): void {
    this.#turns.stop(conversation_id);
  }

  stopGeneration(generation_id: Id): void {
    this.#turns.cancel(generation_id);
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

  // Review

  /** True once it is asked. */
  appealMessage(message: MessageView, words: string): Promise<boolean> {
    return this.#reviews.askMessage(message, words);
  }

  /** Ask about the text that was just refused in this place. True once it is asked. */
  appealRefused(place: Id, words: string): Promise<boolean> {
    return this.#reviews.askRefused(place, words);
  }

  reviewedPutBack(decision_id: Id): void {
    this.#reviews.putBack(decision_id);
  }

  reviewedDismiss(decision_id: Id): void {
    this.#reviews.dismiss(decision_id);
  }

  // What is being written

  draftChange(conversation_id: Id, text: string): void {
    this.#set((state) => withDraft(state, conversation_id, text));
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

  // Settings

  settingsChange(change: Partial<Settings>): void {
    this.#set((state) => ({ ...state, settings: { ...state.settings, ...change } }));
  }

  /** Which models and templates there are; asked again when a list of them opens, for workers come and go. */
  async choicesLoad(): Promise<void> {
    try {
      const [models, templates] = await Promise.all([this.#api.models(), this.#api.promptTemplates()]);
      this.#set((state) => ({ ...state, models, templates }));
    } catch (error) {
      failureShow(this.store, error);
    }
  }

  async languageChange(language: Language): Promise<void> {
    this.#set((state) => ({ ...state, me: { ...state.me, language } }));
    try {
      await this.#api.meChange({ language });
      await this.choicesLoad(); // the server names them in the person's language
    } catch (error) {
      failureShow(this.store, error);
    }
  }

  #set(change: (state: ChatState) => ChatState): void {
    this.store.update(change);
  }

  #put(conversation: ConversationView): void {
    this.#set((state) => ({ ...state, feed: putConversation(state.feed, conversation) }));
  }

  #draftOf(conversation_id: Id): string {
    return this.store.get().drafts.get(conversation_id) ?? this.#memory.draft(conversation_id);
  }

  async #searchPage(query: string, after: string | null): Promise<void> {
    try {
      const page = await this.#api.conversationPage(query, after);
      this.#set((state) => {
        if (state.search?.query !== query) return state; // the person typed on
        const ids = new Set([...state.search.ids, ...page.items.map(({ id }) => id)]);
        return {
          ...state,
          feed: foldPage(state.feed, page),
          search: { query, ids: [...ids], next_page: page.next_page, status: "ready" },
        };
      });
    } catch (error) {
      failureShow(this.store, error);
      this.#set((state) => ({ ...state, search: { query, ids: [], next_page: null, status: "failed" } }));
    }
  }
}
