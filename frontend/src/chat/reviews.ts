/**
 * Asks for review of what rules did to a person's texts, and keeps the words of those that were stored nowhere.
 *
 * How review stands comes with the feed; here it is only asked after where the tab was closed meanwhile.
 */

import type { Api } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { putAppeal } from "@/lib/store/feed";
import { withEntry, withoutEntry } from "@/lib/store/maps";
import type { Store } from "@/lib/store/store";
import type { AppealView, Id, MessageView } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { Memory } from "./memory";
import type { AskedReview, ChatState } from "./state";
import { withDraft } from "./steps";
import { detailText } from "./words";

export class Reviews {
  readonly #store: Store<ChatState>;
  readonly #api: Api;
  readonly #memory: Memory;

  constructor(store: Store<ChatState>, api: Api, memory: Memory) {
    this.#store = store;
    this.#api = api;
    this.#memory = memory;
  }

  /** Take up what an earlier visit asked, and learn what came of it. */
  async resume(): Promise<void> {
    const asked = this.#memory.asked();
    this.#store.update((state) => ({ ...state, asked: new Map(asked.map((one) => [one.decision_id, one])) }));
    await Promise.all(asked.map(({ decision_id }) => this.#learn(decision_id)));
  }

  /** True once it is asked. */
  async askMessage(message: MessageView, words: string): Promise<boolean> {
    return this.#ask(() => this.#api.messageAppeal(message.id, words), {
      decision_id: "",
      conversation_id: message.conversation_id,
      message_id: message.id,
    });
  }

  /** Ask about the text that was just refused in this place. */
  async askRefused(place: Id, words: string): Promise<boolean> {
    const refusal = this.#store.get().refusals.get(place);
    const decision_id = refusal === undefined ? null : detailText(refusal, "decision_id");
    if (refusal === undefined || decision_id === null) return false;
    const is_asked = await this.#ask(() => this.#api.decisionAppeal(decision_id, words), {
      decision_id,
      conversation_id: place,
      message_id: null,
    });
    if (is_asked) this.#keep({ decision_id, place, text: refusal.text ?? "" });
    return is_asked;
  }

  /** The words of a refused text go back to the field they came from. */
  putBack(decision_id: Id): void {
    const asked = this.#store.get().asked.get(decision_id);
    if (asked === undefined) return;
    const typed_since = this.#store.get().drafts.get(asked.place) ?? "";
    const parts = typed_since.includes(asked.text) ? [typed_since] : [asked.text, typed_since];
    const text = parts.filter((part) => part !== "").join("\n");
    this.#store.update((state) => withDraft(state, asked.place, text));
    this.#memory.draftKeep(asked.place, text);
    this.dismiss(decision_id);
  }

  dismiss(decision_id: Id): void {
    this.#store.update((state) => {
      const place = state.asked.get(decision_id)?.place ?? "";
      const refusal = state.refusals.get(place);
      const is_its = refusal !== undefined && detailText(refusal, "decision_id") === decision_id;
      return {
        ...state,
        asked: withoutEntry(state.asked, decision_id),
        refusals: is_its ? withoutEntry(state.refusals, place) : state.refusals,
      };
    });
    this.#remember();
  }

  async #ask(call: () => Promise<AppealView>, about: Omit<AppealView, "state">): Promise<boolean> {
    try {
      this.#put(await call());
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.refusal.code !== "appeal_twice") {
        failureShow(this.#store, error);
        return false;
      }
      // Asked in another tab, or an answer that was lost on the way.
      const state = detailText(error.refusal, "state") === "overturned" ? "overturned" : "waiting";
      this.#put({ ...about, state: detailText(error.refusal, "state") === "confirmed" ? "confirmed" : state });
      return true;
    }
  }

  async #learn(decision_id: Id): Promise<void> {
    try {
      this.#put(await this.#api.appeal(decision_id));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.dismiss(decision_id); // nothing is known of it any more
    }
  }

  #put(appeal: AppealView): void {
    this.#store.update((state) => ({ ...state, feed: putAppeal(state.feed, appeal) }));
  }

  #keep(asked: AskedReview): void {
    this.#store.update((state) => ({ ...state, asked: withEntry(state.asked, asked.decision_id, asked) }));
    this.#remember();
  }

  #remember(): void {
    this.#memory.askedKeep([...this.#store.get().asked.values()]);
  }
}
