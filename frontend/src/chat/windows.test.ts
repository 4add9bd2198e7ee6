import { describe, expect, it, vi } from "vitest";

import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { C, conversation, delta, fact, G, generation, message, person } from "@/lib/testing/views";
import type { MessageView } from "@/lib/wire/views";

import { Chat } from "./chat";
import { lastMessageId } from "./rows";
import { clockHold, memoryOf, server, shown } from "./testing";
import { windowFor } from "./windows";

clockHold();

const idAt = (place: number): string => `${place % 2 === 0 ? "u" : "a"}${1000 + place}`;

/** One branch, oldest first. */
const branch = (length: number): MessageView[] =>
  Array.from({ length }, (_, place) => message(idAt(place), place === 0 ? null : idAt(place - 1)));

/** A page that shows a conversation so long that its first window is the newest 40 of 300 messages. */
async function long({ has_skeleton } = { has_skeleton: true }) {
  const { rows, api } = server();
  rows.messages = branch(300);
  rows.conversations = [conversation({ active_leaf_id: idAt(299) })];
  rows.first_window = 40;
  if (!has_skeleton) api.conversationSkeleton.mockReturnValue(new Promise(() => undefined));
  const chat = new Chat(person, { api, memory: memoryOf().memory, open: FakeSocket.open, random: () => 1 });
  await chat.start(C);
  return { rows, api, chat };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(100);

describe("A long conversation", () => {
  it("shows its newest messages before it knows of the others", async () => {
    const { chat } = await long({ has_skeleton: false });

    expect(shown(chat)).toHaveLength(40);
    expect(shown(chat).slice(0, 3)).toEqual([idAt(260), idAt(261), idAt(262)]);
    expect(chat.store.get().opened.get(C)).toBe("ready");
  });

  it("has a place for each of the others once it knows of them", async () => {
    const { chat, api } = await long();
    await settle();

    expect(shown(chat)).toHaveLength(300);
    expect(shown(chat).slice(258, 262)).toEqual([`${idAt(258)} to read`, `${idAt(259)} to read`, idAt(260), idAt(261)]);
    expect(api.conversationSkeleton).toHaveBeenCalledTimes(1);
  });

  it("reads the words of what comes into view, once, and some beside it", async () => {
    const { chat, api } = await long();
    await settle();

    for (const place of [100, 101, 102]) chat.messageWant(idAt(place));
    await settle();

    expect(api.conversationWindow.mock.calls.slice(1)).toEqual([[C, { at: idAt(114), before: 26 }]]);
    expect(shown(chat).filter((word) => !word.endsWith("to read"))).toHaveLength(40 + 27);
    expect(shown(chat)[101]).toBe(idAt(101));
  });

  it("does not read what left the view before it was asked for", async () => {
    const { chat, api } = await long();
    await settle();

    chat.messageWant(idAt(7))();
    chat.messageWant(idAt(200));
    await settle();

    expect(api.conversationWindow.mock.calls.slice(1)).toEqual([[C, { at: idAt(212), before: 24 }]]);
  });

  it("asks again for what is in view when the network failed in passing", async () => {
    const { chat, api } = await long();
    await settle();
    api.conversationWindow.mockRejectedValueOnce(
      new ApiError(0, { type: "error", code: "network", message: "", details: {} }),
    );

    chat.messageWant(idAt(7));
    await vi.advanceTimersByTimeAsync(3000);

    expect(shown(chat)[7]).toBe(idAt(7));
    expect(chat.store.get().alert).toBeNull();
  });

  it("says so, and does not ask for ever, when the server refuses", async () => {
    const { chat, api } = await long();
    await settle();
    const refusal = { type: "error", code: "message_not_found", message: "Gone.", details: {} } as const;
    api.conversationWindow.mockRejectedValue(new ApiError(404, refusal));

    chat.messageWant(idAt(7));
    await vi.advanceTimersByTimeAsync(30_000);

    expect(chat.store.get().alert?.message).toBe("Gone.");
    expect(api.conversationWindow).toHaveBeenCalledTimes(2);
  });

  it("goes on from its newest message also where that is still to be read", async () => {
    const { chat } = await long();
    await settle();
    FakeSocket.last.receiveReady();
    FakeSocket.last.receiveEvents(1, [
      fact("conversation.updated", { conversation: conversation({ row_version: 2, active_leaf_id: idAt(120) }) }),
    ]);

    expect(lastMessageId(chat.store.get(), C)).toBe(idAt(299));
  });

  it("streams as any other", async () => {
    const { chat } = await long();
    FakeSocket.last.receiveReady();
    await settle();

    FakeSocket.last.receiveEvents(1, [
      fact("message.created", { message: message("u2000", idAt(299)) }),
      fact("message.created", { message: message("a2001", "u2000", { text: null }) }),
      fact("generation.started", { generation: generation({ message_id: "a2001" }) }),
      delta(1, "Tides"),
    ]);

    expect(shown(chat).slice(-2)).toEqual(["u2000", "a2001"]);
    expect(chat.store.get().feed.generations.get(G)?.text).toBe("Tides");
  });

  it("keeps its places, and reads again what is in view, when the server let go of the feed", async () => {
    const { chat, api } = await long();
    FakeSocket.last.receiveReady();
    await settle();
    chat.messageWant(idAt(100))();

    FakeSocket.last.receive({ type: "resync", reason: "cursor_expired" });
    await settle();

    expect(shown(chat)).toHaveLength(300);
    expect(shown(chat)[299]).toBe(idAt(299));
    expect(api.conversationSkeleton).toHaveBeenCalledTimes(2);
  });

  it("is asked for its skeleton again where the network failed in passing", async () => {
    const { rows, api } = server();
    rows.messages = branch(60);
    rows.conversations = [conversation({ active_leaf_id: idAt(59) })];
    rows.first_window = 10;
    api.conversationSkeleton.mockRejectedValueOnce(
      new ApiError(503, { type: "error", code: "event_log_unavailable", message: "", details: {} }),
    );
    const chat = new Chat(person, { api, memory: memoryOf().memory, open: FakeSocket.open, random: () => 1 });
    await chat.start(C);
    await vi.advanceTimersByTimeAsync(3000);

    expect(shown(chat)).toHaveLength(60);
  });
});

describe("A short conversation", () => {
  it("is read in one call", async () => {
    const { api } = server();
    const chat = new Chat(person, { api, memory: memoryOf().memory, open: FakeSocket.open, random: () => 1 });
    await chat.start(C);
    await settle();

    expect(api.conversationWindow.mock.calls).toEqual([[C]]);
    expect(api.conversationSkeleton).not.toHaveBeenCalled();
  });
});

describe("The window to read", () => {
  const nodes = branch(400).map(({ id, parent_id, role, state, restored_from }) => ({
    id,
    parent_id,
    role,
    state,
    restored_from,
  }));

  it.each([
    [[0], { at: idAt(12), before: 12 }],
    [[399], { at: idAt(399), before: 12 }],
    [[100, 110], { at: idAt(122), before: 34 }],
    [[0, 399], { at: idAt(100), before: 100 }],
  ])("for places %j is no longer than the server gives", (places, around) => {
    expect(windowFor(nodes, new Set(places.map(idAt)))).toEqual(around);
  });

  it("is none for what stands on another branch, or is read", () => {
    expect(windowFor(nodes, new Set(["u7"]))).toBeNull();
    expect(windowFor(branch(3), new Set([idAt(1)]))).toBeNull();
  });
});
