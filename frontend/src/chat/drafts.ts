/**
 * What a person is writing: a draft for each place, the edit of a message, and the refusal that stands beside them.
 *
 * Drafts outlive the visit (`memory.ts`); an edit is gone with the page.
 */

import { withoutEntry } from "@/lib/store/maps";
import type { Store } from "@/lib/store/store";
import type { Id, MessageView } from "@/lib/wire/views";

import type { Memory } from "./memory";
import type { ChatState } from "./state";
import { withDraft } from "./steps";

export class Drafts {
  readonly #store: Store<ChatState>;
  readonly #memory: Memory;

  constructor(store: Store<ChatState>, memory: Memory) {
    this.#store = store;
    this.#memory = memory;
  }

  /** Show again what was left in a place, on this visit or an earlier one. */
  recall(place: Id): void {
    this.#store.update((state) => withDraft(state, place, state.drafts.get(place) ?? this.#memory.draft(place)));
  }

  change(place: Id, text: string): void {
    this.#store.update((state) => withDraft(state, place, text));
    this.#memory.draftKeep(place, text);
  }

  /** Its conversation is gone, and with it the reason to keep the words. */
  forget(place: Id): void {
    this.#memory.draftKeep(place, "");
  }

  editOpen(message: MessageView): void {
    this.#store.update((state) => ({ ...state, editing: { message_id: message.id, text: message.text ?? "" } }));
  }

  editChange(text: string): void {
    this.#store.update((state) => (state.editing === null ? state : { ...state, editing: { ...state.editing, text } }));
  }

  editClose(): void {
    this.#store.update((state) => ({ ...state, editing: null }));
  }

  refusalDismiss(place: Id): void {
    this.#store.update((state) => ({ ...state, refusals: withoutEntry(state.refusals, place) }));
  }
}
