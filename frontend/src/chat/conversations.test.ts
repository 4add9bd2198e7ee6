import { describe, expect, it, vi } from "vitest";

import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { C, conversation, fact, G, generation, message, person } from "@/lib/testing/views";

import { Chat } from "./chat";
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
