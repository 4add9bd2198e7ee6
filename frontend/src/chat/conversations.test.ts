import { describe, expect, it, vi } from "vitest";

import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { C, conversation, fact, G, generation, message, person } from "@/lib/testing/views";

import { Chat } from "./chat";
import { listedOf } from "./reading";
import { clockHold, memoryOf, opened, server, shown } from "./testing";

clockHold();

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

describe("The list", () => {
  const at = (number: number) =>
    conversation({ id: `c${100 - number}`, updated_at: new Date(Date.UTC(2026, 0, 31) - number * 3_600_000).toISOString() });
  const listed = (chat: Chat): string[] => listedOf(chat.store.get()).map(({ id }) => id);

  /** A list of so many, newest first, given in the pages that were asked for. */
  async function listing(count: number) {
    const { api } = server();
    const all = Array.from({ length: count }, (_, number) => at(number));
    const calls: number[] = [];
    const paged = (query: string, page: string | null, num_rows: number) => {
      const found = all.filter(({ id }) => id.includes(query));
      const from = Number(page ?? 0);
      const to = from + num_rows;
      calls.push(num_rows);
      return Promise.resolve({ feed: "5-0", items: found.slice(from, to), next_page: to < found.length ? String(to) : null });
    };
    const edges = { memory: memoryOf().memory, open: FakeSocket.open, random: () => 1 };
    const chat = new Chat(person, { api: { ...api, conversationPage: paged }, ...edges });
    await chat.start(null);
    return { chat, all: all.map(({ id }) => id), calls };
  }

  it("shows a find of a search in its place, and nowhere once the search is cleared", async () => {
    const { chat, all } = await listing(90);

    await chat.search("c15");
    expect(chat.store.get().search?.ids).toEqual(["c15"]);
    await chat.search("");
    expect(listed(chat)).toEqual(all.slice(0, 30));

    await chat.listMore();
    await chat.listMore();
    expect(listed(chat)).toEqual(all);
  });

  it("holds a conversation that an address named until its page has come", async () => {
    const { chat, all } = await listing(90);
    FakeSocket.last.receiveReady();
    FakeSocket.last.receiveEvents(1, [fact("conversation.updated", { conversation: { ...at(70), row_version: 2 } })]);

    expect(listed(chat)).toEqual(all.slice(0, 30));
  });

  it("moves a conversation to the head when it goes on, also the one that its last page ended with", async () => {
    const { chat, all } = await listing(90);
    FakeSocket.last.receiveReady();
    const moved = { ...at(29), row_version: 2, updated_at: "2026-02-01T00:00:00Z" };
    FakeSocket.last.receiveEvents(1, [fact("conversation.updated", { conversation: moved })]);

    expect(listed(chat)).toEqual([moved.id, ...all.slice(0, 29)]);
  });

  it("comes to its end once the person travels along it, in few calls", async () => {
    const { chat, all, calls } = await listing(1200);

    await Promise.all([chat.listAll(), chat.listAll(), chat.listMore()]);

    expect(listed(chat)).toHaveLength(all.length);
    expect(calls).toEqual([30, 500, 500, 500]);
  });
});
