/**
 * Reads the words of messages as they come into view: those that stand on screen ask, and a window around them is fetched.
 *
 * One call at a time, for what is in view when it goes out: whoever pulls the scroll bar through a year of talk reads the
 * end of the pull, not the way.
 */

import type { Api, Around } from "@/lib/api/calls";
import { ApiError, RETRY_MS } from "@/lib/api/client";
import type { Store } from "@/lib/store/store";
import { isRead } from "@/lib/store/tree";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { Id } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { FeedReader } from "./reader";
import { branchOf } from "./reading";
import type { ChatState } from "./state";

/** A pull at the scroll bar passes a place within a frame or two. */
const SETTLE_MS = 40;
/** Read on this far on either side: the next screens. */
const MARGIN = 12;
/** The server gives at most 200 above a message. */
const MAX_BEFORE = 100;

export class Windows {
  readonly #store: Store<ChatState>;
  readonly #api: Api;
  readonly #reader: FeedReader;
  readonly #wanted = new Set<Id>();
  #is_reading = false;

  constructor(store: Store<ChatState>, api: Api, reader: FeedReader) {
    this.#store = store;
    this.#api = api;
    this.#reader = reader;
  }

  /** A message without its words came into view. Returns what to call when it left. */
  want(message_id: Id): () => void {
    this.#wanted.add(message_id);
    this.#readSoon(SETTLE_MS);
    return () => this.#wanted.delete(message_id);
  }

  #readSoon(wait_ms: number): void {
    if (this.#is_reading) return;
    this.#is_reading = true;
    setTimeout(() => void this.#read(), wait_ms);
  }

  async #read(): Promise<void> {
    let wait_ms = SETTLE_MS;
    try {
      const { current_id } = this.#store.get();
      const around = current_id === null ? null : windowFor(branchOf(this.#store.get(), current_id), this.#wanted);
      if (current_id === null || around === null) this.#wanted.clear();
      else this.#reader.partRead(await this.#api.conversationWindow(current_id, around));
    } catch (error) {
      wait_ms = RETRY_MS;
      if (!(error instanceof ApiError && error.is_passing)) {
        failureShow(this.#store, error);
        this.#wanted.clear(); // asking again would be refused again
      }
    }
    this.#is_reading = false;
    if (this.#wanted.size > 0) this.#readSoon(wait_ms);
  }
}

/** The window that has the wanted messages of a branch which are still to be read, and some beside them. */
export function windowFor(branch: readonly MessageNode[], wanted: ReadonlySet<Id>): Around | null {
  const first = branch.findIndex((node) => wanted.has(node.id) && !isRead(node));
  if (first < 0) return null;
  const last = branch.findLastIndex((node) => wanted.has(node.id) && !isRead(node));
  const from = Math.max(0, first - MARGIN);
  const to = Math.min(branch.length - 1, last + MARGIN, from + MAX_BEFORE);
  const at = branch[to];
  return at === undefined ? null : { at: at.id, before: to - from };
}
