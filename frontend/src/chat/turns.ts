/**
 * Carries a person's turns to the server: asking, answering again, stopping.
 *
 * A turn is on screen the moment it is sent, kept in the browser until the server replied, and gives its words back if
 * it was refused. Nothing typed is lost, and nothing is asked twice: every resend carries the same ids.
 */

import type { Api, NewConversation } from "@/lib/api/calls";
import { ApiError, RETRY_MS } from "@/lib/api/client";
import { openTree, putConversation } from "@/lib/store/feed";
import { withEntry, withoutEntry } from "@/lib/store/maps";
import type { Store } from "@/lib/store/store";
import type { Command, Outcome, Refusal } from "@/lib/wire/frames";
import { newId } from "@/lib/wire/ids";
import type { Id, MessageView } from "@/lib/wire/views";

import { failureShow } from "./failure";
import type { Memory } from "./memory";
import { liveGenerationOf, turnOf } from "./reading";
import { type ChatState, NEW, type PendingAsk, type Turn } from "./state";
import { withActiveLeaf, withDraft, withoutTurn, withTurn } from "./steps";


export interface Ask {
  readonly text: string;
  readonly parent_id: Id | null;
  readonly edit_of?: Id;
}

interface Line {
  readonly command: (command: Command) => void;
  readonly watch: () => void;
}

export class Turns {
  readonly #store: Store<ChatState>;
  readonly #api: Api;
  readonly #memory: Memory;
  readonly #line: Line;

  constructor(store: Store<ChatState>, api: Api, memory: Memory, line: Line) {
    this.#store = store;
    this.#api = api;
    this.#memory = memory;
    this.#line = line;
  }

  /** Take up what an earlier visit left unanswered. */
  resume(): void {
    for (const turn of this.#memory.turns()) this.#go(turn);
  }

  askFirst(text: string, template: NewConversation["template"]): Id {
    const id = newId();
    const { settings } = this.#store.get();
    const creates: NewConversation = {
      id,
      temperature: settings.temperature,
      ...(settings.model === null ? {} : { model: settings.model }),
      ...(template === undefined ? {} : { template }),
    };
    this.#go({ ...askOf(id, { text, parent_id: null }), creates });
    return id;
  }

  ask(conversation_id: Id, ask: Ask): void {
    this.#go(askOf(conversation_id, ask));
  }

  regenerate(message: MessageView): void {
    this.#go({
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
    const turn = turnOf(this.#store.get(), conversation_id);
    const generation_id =
      turn === undefined ? liveGenerationOf(this.#store.get(), conversation_id)?.id : turn.generation_id;
    if (generation_id != null) this.cancel(generation_id);
    else if (turn !== undefined) this.#store.update((state) => withTurn(state, { ...turn, is_cancel_wanted: true }));
  }

  cancel(generation_id: Id): void {
    this.#line.command({ type: "generation.cancel", request_id: newId(), generation_id });
  }

  ended(command: Command, outcome: Outcome): void {
    if (command.type === "generation.cancel") return; // the feed says how it ended; an ended one needs no cancel
    const client_id = command.type === "turn.start" ? command.client_message_id : command.client_turn_id;
    const turn = this.#store.get().turns.get(client_id);
    if (turn === undefined) return;
    if (outcome.type === "error") this.#refused(turn, outcome);
    else this.#accepted(turn, outcome);
  }

  /** Write down which turns are still unanswered, for a visit to come. */
  keep(): void {
    const turns = [...this.#store.get().turns.values()];
    this.#memory.turnsKeep(turns.filter(({ generation_id }) => generation_id === null));
  }

  #go(turn: Turn): void {
    this.#store.update((state) => shown(state, turn));
    this.keep();
    if (turn.kind === "ask" && turn.creates !== null) void this.#createThenAsk(turn, turn.creates);
    else this.#line.command(commandOf(turn));
  }

  /** Asking to make the same conversation twice makes one, so a failure in passing is simply asked again. */
  async #createThenAsk(turn: PendingAsk, creates: NewConversation): Promise<void> {
    try {
      const conversation = await this.#api.conversationCreate(creates);
      const is_cancel_wanted = this.#store.get().turns.get(turn.client_id)?.is_cancel_wanted ?? false;
      const ready = { ...turn, is_cancel_wanted, creates: null, parent_id: conversation.active_leaf_id };
      this.#store.update((state) =>
        withTurn({ ...state, feed: putConversation(state.feed, conversation) }, ready),
      );
      this.keep();
      this.#line.watch(); // first, so that no delta finds the conversation unwatched
      this.#line.command(commandOf(ready));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) failureShow(this.#store, error);
      else if (error.is_passing) setTimeout(() => void this.#createThenAsk(turn, creates), RETRY_MS);
      else this.#refused(turn, error.refusal);
    }
  }

  #accepted(turn: Turn, { message_id, generation_id }: Extract<Outcome, { type: "reply" }>): void {
    if (turn.is_cancel_wanted && generation_id !== null) this.cancel(generation_id);
    this.#store.update((state) => {
      if (turn.kind === "ask") return withTurn(state, { ...turn, generation_id }); // its message will settle it
      const settled = withoutTurn(state, turn.client_id);
      return message_id === null ? settled : withActiveLeaf(settled, turn.conversation_id, message_id);
    });
    this.keep();
  }

  #refused(turn: Turn, refusal: Refusal): void {
    this.#store.update((state) => takenBack(state, turn, refusal));
    for (const [conversation_id, text] of this.#store.get().drafts) this.#memory.draftKeep(conversation_id, text);
    this.keep();
  }
}

function askOf(conversation_id: Id, { text, parent_id, edit_of }: Ask): PendingAsk {
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

export function commandOf(turn: Turn): Command {
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
function shown(state: ChatState, turn: Turn): ChatState {
  const next = withTurn({ ...state, feed: openTree(state.feed, turn.conversation_id) }, turn);
  if (turn.kind !== "ask" || turn.creates === null) return next;
  return { ...next, opened: withEntry(next.opened, turn.conversation_id, "ready") };
}

function textOf(turn: Turn): string | null {
  return turn.kind === "ask" ? turn.text : null;
}

/** Nothing was stored: the words go back to where they were typed, with the reason beside them. */
export function takenBack(state: ChatState, turn: Turn, refusal: Refusal): ChatState {
  const back = withoutTurn(state, turn.client_id);
  const was_new = turn.kind === "ask" && turn.creates !== null;
  const place = was_new ? NEW : turn.conversation_id;
  const told = { ...back, refusals: withEntry(back.refusals, place, { ...refusal, text: textOf(turn) }) };
  if (turn.kind === "regenerate") return told;
  if (turn.edit_of !== null) return { ...told, editing: { message_id: turn.edit_of, text: turn.text } };
  const typed_since = told.drafts.get(place) ?? "";
  const drafted = withDraft(told, place, [turn.text, typed_since].filter((part) => part !== "").join("\n"));
  if (!was_new) return drafted;
  return {
    ...drafted,
    current_id: drafted.current_id === turn.conversation_id ? null : drafted.current_id,
    opened: withoutEntry(drafted.opened, turn.conversation_id),
  };
}
