/**
 * What a person can do on the page, each as one method; joins the store, REST and the socket.
 *
 * Every change of state goes through a pure step of `steps.ts` or `store/feed.ts`; turns are carried by `turns.ts`, the
 * feed is read by `reader.ts`, conversations are handled by `conversations.ts`, drafts by `drafts.ts`, review by
 * `reviews.ts`; here stand the connection, settings and choices.
 */

import type { Api, ConversationChange, NewConversation } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { FeedSocket, type SocketEdges } from "@/lib/socket/socket";
import { createStore, type Store } from "@/lib/store/store";
import type { Id, Language, Me, MessageView, Place } from "@/lib/wire/views";

import { Conversations } from "./conversations";
import { Drafts } from "./drafts";
import { failureShow } from "./failure";
import type { Memory } from "./memory";
import { FeedReader } from "./reader";
import { Reviews } from "./reviews";
import { type ChatState, initialState, NEW, type Settings } from "./state";
import { type Ask, Turns } from "./turns";
import { Windows } from "./windows";

export interface ChatEdges extends SocketEdges {
  readonly api: Api;
  readonly memory: Memory;
}

export class Chat {
  readonly store: Store<ChatState>;
  readonly #api: Api;
  readonly #socket: FeedSocket;
  readonly #reader: FeedReader;
  readonly #conversations: Conversations;
  readonly #drafts: Drafts;
  readonly #turns: Turns;
  readonly #reviews: Reviews;
  readonly #windows: Windows;

  constructor(me: Me, { api, memory, open, random }: ChatEdges) {
    this.store = createStore(initialState(me));
    this.#api = api;
    const watch = (): void => this.#socket.watch();
    this.#reader = new FeedReader(this.store, api, watch);
    this.#conversations = new Conversations(this.store, api, this.#reader, watch);
    this.#windows = new Windows(this.store, api, this.#reader);
    this.#drafts = new Drafts(this.store, memory);
    this.#turns = new Turns(this.store, api, memory, {
      command: (command) => this.#socket.command(command),
      watch,
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
    this.#drafts.recall(id ?? NEW);
    this.#conversations.open(id);
  }

  listMore(): Promise<void> {
    return this.#conversations.listMore();
  }

  /** The rest of the list, page by page. */
  listAll(): Promise<void> {
    return this.#conversations.listAll();
  }

  /** An empty query leaves the search. */
  search(query: string): Promise<void> {
    return this.#conversations.search(query);
  }

  searchMore(): Promise<void> {
    return this.#conversations.searchMore();
  }

  /** Shown at once, and taken back if the server refuses. */
  conversationChange(id: Id, change: ConversationChange): Promise<void> {
    return this.#conversations.change(id, change);
  }

  /** True once it is gone. */
  async conversationDelete(id: Id): Promise<boolean> {
    const is_gone = await this.#conversations.delete(id);
    if (is_gone) this.#drafts.forget(id);
    return is_gone;
  }

  /** Turn to another of the messages that share a parent, at the leaf where the person last was under it. */
  siblingOpen(message: MessageView, sibling_id: Id): void {
    this.#conversations.siblingOpen(message, sibling_id);
  }

  /** A message whose words are still to be read came into view. Returns what to call when it left. */
  messageWant(message_id: Id): () => void {
    return this.#windows.want(message_id);
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

  draftChange(place: Id, text: string): void {
    this.#drafts.change(place, text);
  }

  editOpen(message: MessageView): void {
    this.#drafts.editOpen(message);
  }

  editChange(text: string): void {
    this.#drafts.editChange(text);
  }

  editClose(): void {
    this.#drafts.editClose();
  }

  refusalDismiss(place: Id): void {
    this.#drafts.refusalDismiss(place);
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
}
