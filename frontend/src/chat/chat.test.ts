import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Api } from "@/lib/api/calls";
import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { appealView, C, conversation, delta, ended, fact, G, generation, message, person } from "@/lib/testing/views";
import type { ConversationView, GenerationView, MessageView } from "@/lib/wire/views";

import { Chat } from "./chat";
import type { Memory } from "./memory";
import { appealOf, restoredOf, reviewedOf } from "./reading";
import { type Row, rowsOf } from "./rows";
import { type AskedReview, NEW, type Turn } from "./state";

/** The server's database, and calls that read and write it. */
function server() {
  const rows = {
    conversations: [conversation({ active_leaf_id: "a2" })] as ConversationView[],
    messages: [message("u1", null), message("a2", "u1")] as MessageView[],
    generations: [] as GenerationView[],
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
    conversationSnapshot: vi.fn(async (id: string) => ({
      feed: "4-0",
      conversation: find(id),
      messages: rows.messages.filter((row) => row.conversation_id === id),
      generations: rows.generations.filter((row) => row.conversation_id === id),
    })),
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

function memoryOf(turns: readonly Turn[] = [], asked: readonly AskedReview[] = []) {
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

async function opened(id: string | null = C, before: Before = {}) {
  const { rows, api } = server();
  const { kept, memory } = memoryOf(before.turns, before.asked);
  const chat = new Chat(person, { api, memory, open: FakeSocket.open, random: () => 1 });
  await chat.start(id);
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.receiveReady();
  return { chat, api, rows, kept, socket: FakeSocket.last };
}

const shown = (chat: Chat, id = C): string[] => rowsOf(chat.store.get(), id).map(wordOf);

function wordOf(row: Row): string {
  switch (row.kind) {
    case "message":
      return row.message.id;
    case "ask":
      return `asking ${row.turn.text}`;
    case "answer":
      return "answer to come";
  }
}

const refuse = (request_id: string, code = "input_blocked"): object => ({
  type: "error",
  request_id,
  code,
  message: "No.",
  details: { category: "weapons", notice: "Ask differently.", decision_id: "decision-1" },
});

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

describe("Opening a conversation", () => {
  it("watches from the older of the two snapshots, with the seq of each running generation", async () => {
    const { rows, api } = server();
    rows.generations.push(generation({ text: "Tides ", seq: 3 }));
    const chat = new Chat(person, { api, memory: memoryOf().memory, open: FakeSocket.open, random: () => 1 });
    await chat.start(C);
    FakeSocket.last.receiveReady();

    expect(FakeSocket.last.sentOf("watch").at(-1)).toEqual({
      type: "watch",
      feed: "4-0",
      conversation_ids: [C],
      generations: { [G]: 3 },
    });
  });

  it("says so when there is no such conversation", async () => {
    const { chat } = await opened("conversation-9");

    expect(chat.store.get().opened.get("conversation-9")).toBe("missing");
  });

  it("shows at once what is still in memory when the person comes back to it", async () => {
    const { chat, socket } = await opened();
    chat.open(null);
    chat.open(C);

    expect(shown(chat)).toEqual(["u1", "a2"]);
    expect(socket.sentOf("watch").at(-1)?.conversation_ids).toEqual([C]);
  });
});

describe("Asking", () => {
  it("shows the words at once, and once when their fact arrives", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    expect(shown(chat)).toEqual(["u1", "a2", "asking And Mars?", "answer to come"]);

    const [start] = socket.sentOf("turn.start");
    expect(start).toMatchObject({ conversation_id: C, parent_id: "a2", text: "And Mars?" });
    socket.receiveEvents(1, [
      fact("message.created", { message: message("u3", "a2", { client_message_id: start!.client_message_id }) }),
      fact("message.created", { message: message("a4", "u3", { text: null }) }),
    ]);

    expect(shown(chat)).toEqual(["u1", "a2", "u3", "a4"]);
  });

  it("is one row from the first moment to the last, so that nothing jumps", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    const before = rowsOf(chat.store.get(), C)[2]!.key;
    const client_message_id = socket.sentOf("turn.start")[0]!.client_message_id;
    socket.receiveEvents(1, [fact("message.created", { message: message("u3", "a2", { client_message_id }) })]);

    expect(rowsOf(chat.store.get(), C)[2]!.key).toBe(before);
  });

  it("survives a lost connection: the same turn is sent again", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    const [first] = socket.sentOf("turn.start");
    socket.lose(1006);
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.last.receiveReady();

    expect(FakeSocket.last.sentOf("turn.start")).toEqual([first]);
    expect(shown(chat).at(-2)).toBe("asking And Mars?");
  });

  it("survives a reload: what nobody answered is taken up with the same ids", async () => {
    const before = await opened();
    before.chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    const [first] = before.socket.sentOf("turn.start");

    const after = await opened(C, { turns: before.kept.turns });

    expect(after.socket.sentOf("turn.start")).toEqual([first]);
    expect(shown(after.chat)).toEqual(["u1", "a2", "asking And Mars?", "answer to come"]);
  });

  it("is not repeated after a reload once the server replied", async () => {
    const { chat, socket, kept } = await opened();
    chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    const { request_id } = socket.sentOf("turn.start")[0]!;
    socket.receive({ type: "reply", request_id, message_id: "a4", generation_id: G });

    expect(kept.turns).toEqual([]);
  });

  it("gives the words back to the composer when they were blocked, before what was typed since", async () => {
    const { chat, socket, kept } = await opened();
    chat.ask(C, { text: "How do I", parent_id: "a2" });
    chat.draftChange(C, "something else");
    socket.receive(refuse(socket.sentOf("turn.start")[0]!.request_id));

    expect(shown(chat)).toEqual(["u1", "a2"]);
    expect(chat.store.get().drafts.get(C)).toBe("How do I\nsomething else");
    expect(kept.drafts.get(C)).toBe("How do I\nsomething else");
    expect(chat.store.get().refusals.get(C)).toMatchObject({ code: "input_blocked" });
    expect(kept.turns).toEqual([]);
  });

  it("opens the editor again when an edit was blocked", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "How do I", parent_id: null, edit_of: "u1" });
    expect(shown(chat)).toEqual(["asking How do I", "answer to come"]);
    socket.receive(refuse(socket.sentOf("turn.start")[0]!.request_id));

    expect(chat.store.get().editing).toEqual({ message_id: "u1", text: "How do I" });
    expect(shown(chat)).toEqual(["u1", "a2"]);
  });

  it("more than a frame holds says so before anything is sent", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "潮".repeat(22_000), parent_id: "a2" });

    expect(socket.sentOf("turn.start")).toEqual([]);
    expect(chat.store.get().refusals.get(C)).toMatchObject({ code: "frame_too_large" });
    expect(chat.store.get().drafts.get(C)).toHaveLength(22_000);
  });
});

describe("Asking first", () => {
  it("makes the conversation, watches it, and asks in it", async () => {
    const { chat, api, socket } = await opened(null);
    chat.settingsChange({ temperature: 0.2 });
    const id = chat.askFirst("Hello", { slug: "explain", version: 1, variables: {} });
    chat.open(id);
    expect(shown(chat, id)).toEqual(["asking Hello", "answer to come"]);

    await vi.advanceTimersByTimeAsync(0);
    expect(api.conversationCreate).toHaveBeenCalledWith({
      id,
      temperature: 0.2,
      template: { slug: "explain", version: 1, variables: {} },
    });
    expect(socket.sent.slice(-2).map(({ type }) => type)).toEqual(["watch", "turn.start"]);
    expect(socket.sentOf("watch").at(-1)?.conversation_ids).toEqual([id]);
  });

  it("waits out a server that is not there", async () => {
    const { chat, api, socket } = await opened(null);
    api.conversationCreate.mockRejectedValueOnce(
      new ApiError(0, { type: "error", code: "network", message: "", details: {} }),
    );
    chat.open(chat.askFirst("Hello", undefined));
    await vi.advanceTimersByTimeAsync(2000);

    expect(api.conversationCreate).toHaveBeenCalledTimes(2);
    expect(socket.sentOf("turn.start")).toHaveLength(1);
  });

  it("goes back to the beginning, words and all, when the conversation was refused", async () => {
    const { chat, api } = await opened(null);
    api.conversationCreate.mockRejectedValueOnce(
      new ApiError(422, { type: "error", code: "template_variable_missing", message: "Who for?", details: {} }),
    );
    chat.open(chat.askFirst("Hello", undefined));
    await vi.advanceTimersByTimeAsync(0);

    expect(chat.store.get().current_id).toBeNull();
    expect(chat.store.get().drafts.get(NEW)).toBe("Hello");
    expect(chat.store.get().refusals.get(NEW)).toMatchObject({ code: "template_variable_missing" });
  });
});

describe("Answering again", () => {
  it("shows the place of the new answer, then the answer, as a sibling", async () => {
    const { chat, socket } = await opened();
    chat.regenerate(message("a2", "u1"));
    expect(shown(chat)).toEqual(["u1", "answer to come"]);

    const { request_id } = socket.sentOf("turn.regenerate")[0]!;
    socket.receiveEvents(1, [fact("message.created", { message: message("a3", "u1", { text: null }) })]);
    socket.receive({ type: "reply", request_id, message_id: "a3", generation_id: G });

    expect(shown(chat)).toEqual(["u1", "a3"]);
    expect(rowsOf(chat.store.get(), C)[1]).toMatchObject({ siblings: [{ id: "a2" }, { id: "a3" }] });
  });
});

describe("Stopping", () => {
  it("cancels the generation at the end of the branch", async () => {
    const { chat, socket } = await opened();
    socket.receiveEvents(1, [fact("generation.started", { generation: generation() })]);
    chat.stop(C);

    expect(socket.sentOf("generation.cancel")).toMatchObject([{ generation_id: G }]);
  });

  it("before there is a generation, cancels it as soon as the server names it", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "And Mars?", parent_id: "a2" });
    chat.stop(C);
    expect(socket.sentOf("generation.cancel")).toEqual([]);

    const { request_id } = socket.sentOf("turn.start")[0]!;
    socket.receive({ type: "reply", request_id, message_id: "a4", generation_id: "generation-7" });

    expect(socket.sentOf("generation.cancel")).toMatchObject([{ generation_id: "generation-7" }]);
  });
});

describe("Turning to a sibling", () => {
  it("shows it at once, tells the server, and comes back to where the person was", async () => {
    const { chat, api, socket } = await opened();
    socket.receiveEvents(1, [
      fact("message.created", { message: message("a3", "u1") }),
      fact("message.created", { message: message("u4", "a3") }),
      fact("message.created", { message: message("u5", "a3") }),
      fact("conversation.updated", { conversation: conversation({ row_version: 2, active_leaf_id: "u4" }) }),
    ]);
    expect(shown(chat)).toEqual(["u1", "a3", "u4"]);

    chat.siblingOpen(message("a3", "u1"), "a2");
    expect(shown(chat)).toEqual(["u1", "a2"]);
    expect(api.conversationChange).toHaveBeenLastCalledWith(C, { active_leaf_id: "a2" });

    chat.siblingOpen(message("a2", "u1"), "a3");
    expect(shown(chat)).toEqual(["u1", "a3", "u4"]);
  });

  it("takes it back when the server refuses", async () => {
    const { chat, api, socket } = await opened();
    socket.receiveEvents(1, [fact("message.created", { message: message("a3", "u1") })]);
    api.conversationChange.mockRejectedValueOnce(
      new ApiError(404, { type: "error", code: "message_not_found", message: "Gone.", details: {} }),
    );
    chat.siblingOpen(message("a2", "u1"), "a3");
    await vi.advanceTimersByTimeAsync(0);

    expect(shown(chat)).toEqual(["u1", "a2"]);
    expect(chat.store.get().alert).toMatchObject({ code: "message_not_found" });
  });
});

describe("Reading the feed", () => {
  it("fetches the conversation when a delta is missing, and watches again from the text it got", async () => {
    const { chat, api, rows, socket } = await opened();
    rows.generations.push(generation({ text: "Tides follow the ", seq: 2 }));
    socket.receiveEvents(1, [
      fact("generation.started", { generation: generation() }),
      delta(1, "Tides "),
      delta(3, "Moon."),
    ]);
    await vi.advanceTimersByTimeAsync(0);

    expect(api.conversationSnapshot).toHaveBeenCalledTimes(2);
    expect(chat.store.get().feed.generations.get(G)?.text).toBe("Tides follow the Moon.");
    expect(socket.sentOf("watch").at(-1)?.generations).toEqual({ [G]: 3 });
  });

  it("asks no oftener than once a second while a gap stays open", async () => {
    const { api, socket } = await opened();
    for (let number = 1; number <= 20; number += 1) socket.receiveEvents(number, [delta(number + 5, "x")]);
    await vi.advanceTimersByTimeAsync(3500);

    expect(api.conversationSnapshot.mock.calls.length).toBeLessThanOrEqual(1 + 4);
  });

  it("fetches an answer whose end came without its message", async () => {
    const { chat, rows, socket } = await opened();
    socket.receiveEvents(1, [fact("generation.started", { generation: generation() }), delta(1, "All."), ended(2)]);
    rows.generations.push(generation({ status: "completed", finish_reason: "stop", text: "All.", seq: 2 }));
    await vi.advanceTimersByTimeAsync(6000);

    expect(chat.store.get().feed.generations.get(G)?.status).toBe("completed");
  });

  it("takes its place from a fresh snapshot when the server let go of it", async () => {
    const { chat, api, rows, socket } = await opened();
    rows.conversations.push(conversation({ id: "conversation-2", title: "Late" }));
    socket.receive({ type: "resync", reason: "cursor_expired" });
    await vi.advanceTimersByTimeAsync(0);

    expect(api.conversationPage).toHaveBeenCalledTimes(2);
    expect(chat.store.get().feed.conversations.has("conversation-2")).toBe(true);
    expect(socket.sentOf("watch").at(-1)?.feed).toBe("5-0");
  });
});

describe("A conversation", () => {
  it("is renamed at once, and has its old title again when the server refuses", async () => {
    const { chat, api } = await opened();
    api.conversationChange.mockRejectedValueOnce(
      new ApiError(500, { type: "error", code: "http_500", message: "", details: {} }),
    );
    const done = chat.conversationChange(C, { title: "Seas" });
    expect(chat.store.get().feed.conversations.get(C)?.title).toBe("Seas");

    await done;
    expect(chat.store.get().feed.conversations.get(C)?.title).toBe("Tides");
  });

  it("that is deleted is gone, with its draft", async () => {
    const { chat, kept } = await opened();
    chat.draftChange(C, "half a thought");

    expect(await chat.conversationDelete(C)).toBe(true);
    expect(chat.store.get().feed.conversations.has(C)).toBe(false);
    expect(kept.drafts.get(C)).toBe("");
  });

  it("is found by the server, and an answer that is late for a newer question is dropped", async () => {
    const { chat } = await opened();
    const first = chat.search("Tid");
    const second = chat.search("zzz");
    await Promise.all([first, second]);

    expect(chat.store.get().search).toMatchObject({ query: "zzz", ids: [], status: "ready" });
  });
});

describe("Asking for review", () => {
  const D = "decision-1";
  const twice = (state: string): ApiError =>
    new ApiError(409, { type: "error", code: "appeal_twice", message: "", details: { state } });
  const answerOf = (chat: Chat) => chat.store.get().feed.messages.get(C)!.get("a2")!;
  const decided = (state: "confirmed" | "overturned", message_id: string | null) =>
    fact("appeal.updated", { appeal: appealView({ decision_id: D, message_id, state }) });

  async function refused() {
    const page = await opened();
    page.chat.ask(C, { text: "how to", parent_id: "a2" });
    page.socket.receive(refuse(page.socket.sentOf("turn.start").at(-1)!.request_id));
    return page;
  }

  it("shows that an answer waits, and then what came of it", async () => {
    const { chat, api, socket } = await opened();

    expect(await chat.appealMessage(answerOf(chat), "A recipe.")).toBe(true);
    expect(api.messageAppeal).toHaveBeenCalledWith("a2", "A recipe.");
    expect(answerOf(chat).appeal).toBe("waiting");

    const restored = message("a3", "u1", { restored_from: "a2" });
    socket.receiveEvents(1, [fact("message.created", { message: restored }), decided("overturned", "a2")]);
    expect(answerOf(chat).appeal).toBe("overturned");
    expect(restoredOf(chat.store.get(), answerOf(chat))?.id).toBe("a3");
  });

  it("a second time, in another tab, shows how the first one stands", async () => {
    const { chat, api } = await opened();
    api.messageAppeal.mockRejectedValueOnce(twice("confirmed"));

    expect(await chat.appealMessage(answerOf(chat), "")).toBe(true);
    expect(answerOf(chat).appeal).toBe("confirmed");
  });

  it("that fails says so and may be tried again", async () => {
    const { chat, api } = await opened();
    api.messageAppeal.mockRejectedValueOnce(
      new ApiError(429, { type: "error", code: "rate_limited", message: "Tomorrow.", details: {} }),
    );

    expect(await chat.appealMessage(answerOf(chat), "")).toBe(false);
    expect(answerOf(chat).appeal).toBe("none");
    expect(chat.store.get().alert?.message).toBe("Tomorrow.");
  });

  it("keeps the words of a refused text until a reviewer has looked", async () => {
    const { chat, kept, socket } = await refused();

    expect(await chat.appealRefused(C, "")).toBe(true);
    expect(appealOf(chat.store.get(), D)).toBe("waiting");
    expect(kept.asked).toEqual([{ decision_id: D, place: C, text: "how to" }]);
    expect(reviewedOf(chat.store.get(), C)).toEqual([]);

    socket.receiveEvents(1, [decided("overturned", null)]);
    expect(reviewedOf(chat.store.get(), C).map(({ text }) => text)).toEqual(["how to"]);
  });

  it("gives the words back to the field, before what was typed since, and once", async () => {
    const { chat, kept, socket } = await refused();
    await chat.appealRefused(C, "");
    socket.receiveEvents(1, [decided("overturned", null)]);

    chat.draftChange(C, "something else");
    chat.reviewedPutBack(D);

    expect(chat.store.get().drafts.get(C)).toBe("how to\nsomething else");
    expect(reviewedOf(chat.store.get(), C)).toEqual([]);
    expect(chat.store.get().refusals.has(C)).toBe(false);
    expect(kept.asked).toEqual([]);
  });

  it("does not double words that are still in the field", async () => {
    const { chat, socket } = await refused();
    await chat.appealRefused(C, "");
    socket.receiveEvents(1, [decided("overturned", null)]);

    chat.reviewedPutBack(D);

    expect(chat.store.get().drafts.get(C)).toBe("how to");
  });

  it("learns after a visit what came of it meanwhile", async () => {
    const { chat } = await opened(C, { asked: [{ decision_id: D, place: C, text: "how to" }] });

    expect(reviewedOf(chat.store.get(), C).map(({ text }) => text)).toEqual(["how to"]);
  });
});

describe("A session that ended", () => {
  it("asks to sign in again, and keeps the words", async () => {
    const { chat, socket, kept } = await opened();
    chat.draftChange(C, "half a thought");
    socket.lose(4401);

    expect(chat.store.get().socket).toBe("signed_out");
    expect(kept.drafts.get(C)).toBe("half a thought");
  });

  it("is noticed on any call", async () => {
    const { chat, api } = await opened();
    api.conversationPage.mockRejectedValueOnce(
      new ApiError(401, { type: "error", code: "not_signed_in", message: "", details: {} }),
    );
    await chat.listMore();

    expect(chat.store.get().socket).toBe("signed_out");
  });
});
