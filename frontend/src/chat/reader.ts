/**
 * Reads the feed into the store: snapshots, events, and the cursor that joins them without a gap.
 *
 * Owns when something is fetched again; what an event changes stands in `store/feed.ts`.
 */

import type { Api } from "@/lib/api/calls";
import { ApiError, RETRY_MS } from "@/lib/api/client";
import { feedLost, foldNodes, foldPage, foldWindow, isLive } from "@/lib/store/feed";
import { withEntry } from "@/lib/store/maps";
import type { Store } from "@/lib/store/store";
import { earlierCursor } from "@/lib/wire/cursor";
import type { EventsFrame, Watch } from "@/lib/wire/frames";
import { skeletonNodes } from "@/lib/wire/skeleton";
import type { ConversationWindow, Id, SkeletonPage } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { ChatState, Opened } from "./state";
import { foldEvents, settleTurns } from "./steps";

/** What may have changed while the feed was lost stands at the list's head. */
const RESYNC_ROWS = 30;
/** Between two fetches that a gap in a stream asks for. */
const REFETCH_EVERY_MS = 1000;
/** `generation.finished` follows the end within the outbox's relay; longer, and it was lost on the way. */
const FINISH_WITHIN_MS = 6000;

export class FeedReader {
  readonly #store: Store<ChatState>;
  readonly #api: Api;
  /** Tells the server what this tab shows and how far it has read. */
  readonly #watch: () => void;
  /** The feed up to which this tab has everything: snapshots set it first, `events` frames move it on. */
  #cursor: string | null = null;
  #is_refetching = false;
  /** Conversations of which the skeleton is being read. */
  readonly #completing = new Set<Id>();

  constructor(store: Store<ChatState>, api: Api, watch: () => void) {
    this.#store = store;
    this.#api = api;
    this.#watch = watch;
  }

  watched(): Watch {
    const { current_id, feed } = this.#store.get();
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

  /** Until the socket leads, the oldest snapshot does: what happened after it must come again. */
  cursorFrom(feed: string | null): void {
    const is_led = this.#store.get().socket !== "closed" && this.#cursor !== null;
    if (!is_led) this.#cursor = earlierCursor(this.#cursor, feed);
  }

  read(frame: EventsFrame): void {
    this.#cursor = frame.feed ?? this.#cursor;
    this.#store.update((state) => foldEvents(state, frame.events));
    if (this.#store.get().feed.gaps.size > 0) this.#fillGaps();
    for (const event of frame.events) if (event.type === "generation.ended") this.#expectFinish(event.generation_id);
  }

  /** What is in view first; of a long conversation, then, which messages there are. */
  async fetch(id: Id): Promise<void> {
    const shown = this.#store.get().opened.get(id);
    if (shown !== "ready") this.#opened(id, "loading");
    try {
      this.partRead(await this.#api.conversationWindow(id));
      this.#opened(id, "ready");
      if (this.#store.get().current_id === id) this.#watch();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        this.#opened(id, "missing");
        return;
      }
      if (shown !== "ready") this.#opened(id, "failed");
      failureShow(this.#store, error);
      return;
    }
    await this.#skeletonFetch(id);
  }

  /** Fold in a part of a conversation, from wherever it was asked for. */
  partRead(part: ConversationWindow): void {
    this.cursorFrom(part.feed);
    this.#store.update((state) => settleTurns({ ...state, feed: foldWindow(state.feed, part) }));
  }

  /** The server let go of our place in the feed: what is on screen is fetched again, and its cursor taken. */
  async resync(): Promise<void> {
    const { current_id } = this.#store.get();
    try {
      const page = await this.#api.conversationPage("", null, RESYNC_ROWS);
      const part = current_id === null ? null : await this.#windowIfAny(current_id);
      this.#cursor = page.feed;
      this.#store.update((state) => {
        const feed = foldPage(feedLost(state.feed, current_id), page);
        return settleTurns({ ...state, feed: part === null ? feed : foldWindow(feed, part) });
      });
      this.#watch();
      if (part !== null) await this.#skeletonFetch(part.conversation.id);
    } catch (error) {
      if (error instanceof ApiError && error.is_passing) setTimeout(() => void this.resync(), RETRY_MS);
      else failureShow(this.#store, error);
    }
  }

  async #windowIfAny(id: Id): Promise<ConversationWindow | null> {
    try {
      return await this.#api.conversationWindow(id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null; // deleted meanwhile
      throw error;
    }
  }

  /** A page at a time, until every message is known by its place; what is read already stays. */
  async #skeletonFetch(id: Id): Promise<void> {
    if (this.#store.get().feed.complete.has(id) || this.#completing.has(id)) return;
    this.#completing.add(id);
    try {
      for (let after: Id | null = null, is_last = false; !is_last; ) {
        const page: SkeletonPage = await this.#api.conversationSkeleton(id, after);
        after = page.next_after;
        is_last = after === null;
        this.cursorFrom(page.feed);
        this.#store.update((state) => ({
          ...state,
          feed: foldNodes(state.feed, id, skeletonNodes(page), after === null),
        }));
        if (!this.#store.get().feed.messages.has(id)) return; // closed meanwhile
      }
    } catch (error) {
      if (error instanceof ApiError && error.is_passing) setTimeout(() => void this.#skeletonFetch(id), RETRY_MS);
      else if (!(error instanceof ApiError && error.status === 404)) failureShow(this.#store, error);
    } finally {
      this.#completing.delete(id);
    }
  }

  #opened(id: Id, how: Opened): void {
    this.#store.update((state) => ({ ...state, opened: withEntry(state.opened, id, how) }));
  }

  #fillGaps(): void {
    const { current_id } = this.#store.get();
    if (this.#is_refetching || current_id === null) return;
    this.#is_refetching = true;
    void this.fetch(current_id);
    setTimeout(() => {
      this.#is_refetching = false;
      if (this.#store.get().feed.gaps.size > 0) this.#fillGaps();
    }, REFETCH_EVERY_MS);
  }

  #expectFinish(generation_id: Id): void {
    setTimeout(() => {
      const generation = this.#store.get().feed.generations.get(generation_id);
      if (generation !== undefined && isLive(generation.status)) void this.fetch(generation.conversation_id);
    }, FINISH_WITHIN_MS);
  }
}
