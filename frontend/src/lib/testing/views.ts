/** Rows and events for tests: everything has a default, a test names what it is about. */

import type { FeedEvent } from "@/lib/wire/events";
import type { AppealView, ConversationView, GenerationView, Me, MessageView } from "@/lib/wire/views";

export const C = "conversation-1";
export const G = "generation-1";

let facts = 0;

export const person: Me = {
  id: "user-1",
  email: "mei@example.org",
  display_name: "Mei",
  language: "en",
  is_staff: false,
  max_text_chars: 20_000,
};

export function conversation(fields: Partial<ConversationView> = {}): ConversationView {
  return {
    id: C,
    title: "Tides",
    model: "small",
    temperature: 0.7,
    template: null,
    active_leaf_id: null,
    row_version: 1,
    created_at: "2026-11-22T09:00:00Z",
    updated_at: "2026-11-22T09:00:00Z",
    ...fields,
  };
}

/** `minute` gives the order among siblings. */
export function message(id: string, parent_id: string | null, fields: Partial<MessageView> = {}): MessageView {
  const minute = /\d+/.exec(id)?.[0].padStart(2, "0") ?? "00";
  return {
    id,
    conversation_id: C,
    parent_id,
    role: id.startsWith("a") ? "assistant" : "user",
    text: `text of ${id}`,
    state: "visible",
    notice: null,
    client_message_id: null,
    restored_from: null,
    appeal: "none",
    created_at: `2026-11-22T09:${minute}:00Z`,
    ...fields,
  };
}

export function generation(fields: Partial<GenerationView> = {}): GenerationView {
  return {
    id: G,
    conversation_id: C,
    message_id: "a2",
    status: "running",
    finish_reason: null,
    attempt: 1,
    model: "small",
    temperature: 0.7,
    text: "",
    seq: 0,
    usage: null,
    timings: null,
    context: null,
    error_code: null,
    error_details: null,
    created_at: "2026-11-22T09:02:00Z",
    ...fields,
  };
}

export function appealView(fields: Partial<AppealView> = {}): AppealView {
  return { decision_id: "decision-1", conversation_id: C, message_id: null, state: "waiting", ...fields };
}

export function fact<T extends FeedEvent["type"]>(
  type: T,
  fields: Omit<Extract<FeedEvent, { type: T }>, "type" | "id">,
  id = `fact-${++facts}`,
): FeedEvent {
  return { type, id, ...fields } as unknown as FeedEvent;
}

export function delta(seq: number, text: string, generation_id = G): FeedEvent {
  return { type: "generation.delta", generation_id, seq, text, logprobs: undefined };
}

export function ended(seq: number, generation_id = G): FeedEvent {
  return { type: "generation.ended", generation_id, seq, finish_reason: "stop" };
}
