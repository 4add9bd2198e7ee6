/** For tests of what a person does: a chat over a server's rows in memory, a scripted socket and a browser's memory. */

import { afterEach, beforeEach, vi } from "vitest";

import type { Api, Around } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { appealView, C, conversation, message, person } from "@/lib/testing/views";
import type { ConversationView, GenerationView, MessageView, SkeletonPage } from "@/lib/wire/views";

import { Chat } from "./chat";
import type { Memory } from "./memory";
import { type Row, rowsOf } from "./rows";
import type { AskedReview, Turn } from "./state";

/** The server's database, and calls that read and write it. */
export function server() {
  const rows = {
    conversations: [conversation({ active_leaf_id: "a2" })] as ConversationView[],
    messages: [message("u1", null), message("a2", "u1")] as MessageView[],
    generations: [] as GenerationView[],
    /** How many messages the first window has; fewer than there are make a long conversation. */
    first_window: Infinity,
  };
  const find = (id: string): ConversationView => {
    const found = rows.conversations.find((row) => row.id === id);
    if (found !== undefined) return found;
    throw new ApiError(404, { type: "error", code: "conversation_not_found", message: "", details: {} });
  };
  const api = {
    me: vi.fn(() => Promise.resolve(person)),
    meChange: vi.fn(() => Promise.resolve(person)),
    models: vi.fn(() => Promise.resolve([])),
    promptTemplates: vi.fn(() => Promise.resolve([])),
    conversationPage: vi.fn((query: string) =>
      Promise.resolve({ feed: "5-0", items: rows.conversations.filter((row) => row.title.includes(query)), next_page: null }),
    ),
    conversationCreate: vi.fn(({ id }: { id: string }) => {
      const made = conversation({ id, title: "" });
      rows.conversations.push(made);
      return Promise.resolve(made);
    }),
    // eslint-disable-next-line @typescript-eslint/require-await
    conversationWindow: vi.fn(async (id: string, around?: Around) => ({
      feed: "4-0",
      conversation: find(id),
      messages: windowOf(rows.messages.filter((row) => row.conversation_id === id), around ?? null, rows.first_window),
      generations: rows.generations.filter((row) => row.conversation_id === id),
      is_whole: around === undefined && rows.first_window === Infinity,
    })),
    conversationSkeleton: vi.fn((id: string) =>
      Promise.resolve(skeletonOf(rows.messages.filter((row) => row.conversation_id === id))),
    ),
    conversationChange: vi.fn((id: string, change: object) => {
      const changed = { ...find(id), ...change, row_version: find(id).row_version + 1 };
      return Promise.resolve(changed);
    }),
    conversationDelete: vi.fn(() => Promise.resolve(undefined)),
    place: vi.fn(() => Promise.resolve({ status: "queued" as const, position: 1, is_worker_available: true })),
    messageAppeal: vi.fn((message_id: string) => Promise.resolve(appealView({ message_id }))),
    decisionAppeal: vi.fn((decision_id: string) => Promise.resolve(appealView({ decision_id }))),
    appeal: vi.fn((decision_id: string) => Promise.resolve(appealView({ decision_id, state: "overturned" }))),
  } satisfies Api;
  return { rows, api };
}

/** Of one branch, oldest first: so many up to the named message, or to the last. */
function windowOf(branch: readonly MessageView[], around: Around | null, first_window: number): readonly MessageView[] {
  if (around === null) return branch.slice(Math.max(0, branch.length - first_window));
  const to = branch.findIndex(({ id }) => id === around.at);
  return branch.slice(Math.max(0, to - around.before), to + 1);
}

function skeletonOf(messages: readonly MessageView[]): SkeletonPage {
  return {
    feed: "4-5",
    ids: messages.map(({ id }) => id),
    parents: messages.map(({ parent_id }) => parent_id),
    roles: messages.map(({ role }) => role.charAt(0)).join(""),
    states: messages.map(({ state }) => state.charAt(0)).join(""),
    restored: {},
    next_after: null,
  };
}

export function memoryOf(turns: readonly Turn[] = [], asked: readonly AskedReview[] = []) {
  const kept = { drafts: new Map<string, string>(), turns, asked };
  const memory: Memory = {
    draft: (id) => kept.drafts.get(id) ?? "",
    draftKeep: (id, text) => void kept.drafts.set(id, text),
    turns: () => kept.turns,
    turnsKeep: (left) => (kept.turns = left),
    asked: () => kept.asked,
    askedKeep: (left) => (kept.asked = left),
  };
  return { kept, memory };
}

interface Before {
  readonly turns?: readonly Turn[];
  readonly asked?: readonly AskedReview[];
}

/** A page that shows `id`, connected; `before` is what an earlier visit left in the browser. */
export async function opened(id: string | null = C, before: Before = {}) {
  const { rows, api } = server();
  const { kept, memory } = memoryOf(before.turns, before.asked);
  const chat = new Chat(person, { api, memory, open: FakeSocket.open, random: () => 1 });
  await chat.start(id);
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.receiveReady();
  return { chat, api, rows, kept, socket: FakeSocket.last };
}

/** What stands on screen, a word a row. */
export const shown = (chat: Chat, id = C): string[] => rowsOf(chat.store.get(), id).map(wordOf);

function wordOf(row: Row): string {
  switch (row.kind) {
    case "message":
      return row.message.id;
    case "unread":
      return `${row.id} to read`;
    case "ask":
      return `asking ${row.turn.text}`;
    case "answer":
      return "answer to come";
  }
}

/** The frame that refuses a command. */
export const refuse = (request_id: string, code = "input_blocked"): object => ({
  type: "error",
  request_id,
  code,
  message: "No.",
  details: { category: "weapons", notice: "Ask differently.", decision_id: "decision-1" },
});

/** For each test of a file: time stands still unless the test moves it, and no earlier socket is left. */
export function clockHold(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
