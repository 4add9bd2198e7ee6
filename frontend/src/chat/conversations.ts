/**
 * Conversations as a person handles them: opened, listed, searched, changed, deleted, turned to another branch.
 *
 * What happens in one stands elsewhere: turns in `turns.ts`, what its feed brings in `reader.ts`.
 */

import type { Api, ConversationChange } from "@/lib/api/calls";
import { dropConversation, foldPage, openTree, putConversation } from "@/lib/store/feed";
import { withEntry } from "@/lib/store/maps";
import type { Store } from "@/lib/store/store";
import { leafFor } from "@/lib/store/tree";
import type { ConversationPage, ConversationView, Id, MessageView } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { FeedReader } from "./reader";
import { branchOf, isBeingMade, turnOf } from "./reading";
import type { ChatState, WholeList } from "./state";
import { treesTrimmed } from "./steps";

/** A screen of the list, and more. */
const PAGE_ROWS = 30;
/** The server's most: five thousand are ten calls, behind each other. */
const TRAVEL_ROWS = 500;

function reached({ items, next_page }: ConversationPage): WholeList {
  const last = items.at(-1);
  const reaches_to = next_page === null || last === undefined ? null : { updated_at: last.updated_at, id: last.id };
  return { next_page, status: "ready", reaches_to };
}

export class Conversations {
  readonly #store: Store<ChatState>;
  readonly #api: Api;
  readonly #reader: FeedReader;
  /** Tells the server what this tab shows. */
  readonly #watch: () => void;
  #is_listing = false;

  constructor(store: Store<ChatState>, api: Api, reader: FeedReader, watch: () => void) {
    this.#store = store;
    this.#api = api;
    this.#reader = reader;
    this.#watch = watch;
  }

  open(id: Id | null): void {
    this.#store.update((state) => ({ ...state, current_id: id, editing: null }));
    if (id === null) {
      this.#watch();
      return;
    }
    this.#store.update((state) => treesTrimmed({ ...state, feed: openTree(state.feed, id) }, id));
    if (isBeingMade(turnOf(this.#store.get(), id))) return; // its creation goes on to watch it
    if (this.#store.get().opened.get(id) === "ready") this.#watch();
    void this.#reader.fetch(id);
  }

  listMore(): Promise<void> {
    return this.#listPage(PAGE_ROWS);
  }

  /** Whoever travels along the list may want to go anywhere: the rest of it, page by page. */
  async listAll(): Promise<void> {
    while (!this.#is_listing && this.#store.get().list.next_page !== null) {
      await this.#listPage(TRAVEL_ROWS);
      if (this.#store.get().list.status === "failed") return;
    }
  }

  async #listPage(num_rows: number): Promise<void> {
    if (this.#is_listing) return;
    this.#is_listing = true;
    const { list } = this.#store.get();
    this.#store.update((state) => ({ ...state, list: { ...state.list, status: "loading" } }));
    try {
      const page = await this.#api.conversationPage("", list.next_page, num_rows);
      this.#reader.cursorFrom(page.feed);
      this.#store.update((state) => ({ ...state, feed: foldPage(state.feed, page), list: reached(page) }));
    } catch (error) {
      failureShow(this.#store, error);
      this.#store.update((state) => ({ ...state, list: { ...state.list, status: "failed" } }));
    } finally {
      this.#is_listing = false;
    }
  }

  /** An empty query leaves the search. */
  async search(query: string): Promise<void> {
    const search = query === "" ? null : ({ query, ids: [], next_page: null, status: "loading" } as const);
    this.#store.update((state) => ({ ...state, search }));
    if (search !== null) await this.#searchPage(query, null);
  }

  async searchMore(): Promise<void> {
    const { search } = this.#store.get();
    if (search?.next_page == null || search.status === "loading") return;
    this.#store.update((state) => ({ ...state, search: { ...search, status: "loading" } }));
    await this.#searchPage(search.query, search.next_page);
  }

  /** Shown at once, and taken back if the server refuses. */
  async change(id: Id, change: ConversationChange): Promise<void> {
    const before = this.#store.get().feed.conversations.get(id);
    if (before !== undefined) this.#put({ ...before, ...change });
    try {
      this.#put(await this.#api.conversationChange(id, change));
    } catch (error) {
      if (before !== undefined) this.#put(before);
      failureShow(this.#store, error);
    }
  }

  /** True once it is gone. */
  async delete(id: Id): Promise<boolean> {
    try {
      await this.#api.conversationDelete(id);
    } catch (error) {
      failureShow(this.#store, error);
      return false;
    }
    this.#store.update((state) => ({ ...state, feed: dropConversation(state.feed, id) }));
    return true;
  }

  /** Turn to another of the messages that share a parent, at the leaf where the person last was under it. */
  siblingOpen(message: MessageView, sibling_id: Id): void {
    const { feed, last_leaf } = this.#store.get();
    const tree = feed.messages.get(message.conversation_id);
    const left_at = branchOf(this.#store.get(), message.conversation_id).at(-1)?.id;
    if (tree === undefined || left_at === undefined) return;
    const active_leaf_id = leafFor(tree, sibling_id, last_leaf.get(sibling_id));
    this.#store.update((state) => ({
      ...state,
      last_leaf: withEntry(state.last_leaf, message.id, left_at),
      editing: null,
    }));
    void this.change(message.conversation_id, { active_leaf_id });
  }

  #put(conversation: ConversationView): void {
    this.#store.update((state) => ({ ...state, feed: putConversation(state.feed, conversation) }));
  }

  async #searchPage(query: string, after: string | null): Promise<void> {
    try {
      const page = await this.#api.conversationPage(query, after, PAGE_ROWS);
      this.#store.update((state) => {
        if (state.search?.query !== query) return state; // the person typed on
        const ids = new Set([...state.search.ids, ...page.items.map(({ id }) => id)]);
        return {
          ...state,
          feed: foldPage(state.feed, page),
          search: { query, ids: [...ids], next_page: page.next_page, status: "ready" },
        };
      });
    } catch (error) {
      failureShow(this.#store, error);
      this.#store.update((state) => ({ ...state, search: { query, ids: [], next_page: null, status: "failed" } }));
    }
  }
}
