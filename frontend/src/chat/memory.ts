/**
 * What the browser remembers between visits: drafts, questions that no one confirmed yet, and refused texts that a
 * reviewer is asked about.
 *
 * Storage may be full, closed or someone else's: every failure is a shrug, for all of this can be lost without harm to
 * what the server keeps. Keys carry the user's id, so that people who share a browser do not share drafts.
 */

import type { Id } from "@/lib/wire/views";

import type { AskedReview, Turn } from "./state";

export interface Memory {
  draft(conversation_id: Id): string;
  draftKeep(conversation_id: Id, text: string): void;
  turns(): readonly Turn[];
  turnsKeep(turns: readonly Turn[]): void;
  asked(): readonly AskedReview[];
  askedKeep(asked: readonly AskedReview[]): void;
}

export function browserMemory(user_id: Id, storage: Storage = localStorage): Memory {
  const draftKey = (conversation_id: Id): string => `chatapp.draft.${user_id}.${conversation_id}`;
  const turnsKey = `chatapp.turns.${user_id}`;
  const askedKey = `chatapp.asked.${user_id}`;
  return {
    draft: (conversation_id) => read(storage, draftKey(conversation_id)) ?? "",
    draftKeep: (conversation_id, text) => write(storage, draftKey(conversation_id), text),
    turns: () => listFrom(read(storage, turnsKey), isTurn),
    turnsKeep: (turns) => write(storage, turnsKey, turns.length === 0 ? "" : JSON.stringify(turns)),
    asked: () => listFrom(read(storage, askedKey), isAsked),
    askedKeep: (asked) => write(storage, askedKey, asked.length === 0 ? "" : JSON.stringify(asked)),
  };
}

/** Written by this code only; a stranger's content is dropped whole. */
function listFrom<T>(stored: string | null, isItem: (value: unknown) => value is T): readonly T[] {
  if (stored === null || stored === "") return [];
  try {
    const content: unknown = JSON.parse(stored);
    return Array.isArray(content) ? content.filter(isItem) : [];
  } catch {
    return [];
  }
}

function isTurn(value: unknown): value is Turn {
  if (typeof value !== "object" || value === null) return false;
  const { kind, client_id, request_id, conversation_id } = value as Record<string, unknown>;
  return (kind === "ask" || kind === "regenerate") && [client_id, request_id, conversation_id].every(isText);
}

function isAsked(value: unknown): value is AskedReview {
  if (typeof value !== "object" || value === null) return false;
  const { decision_id, place, text } = value as Record<string, unknown>;
  return [decision_id, place, text].every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

export function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

/** An empty value takes the key away. */
export function write(storage: Storage, key: string, value: string): void {
  try {
    if (value === "") storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // Full or closed; see above.
  }
}
