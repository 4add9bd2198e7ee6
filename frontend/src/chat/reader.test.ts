import { describe, expect, it, vi } from "vitest";

import { conversation, delta, ended, fact, G, generation } from "@/lib/testing/views";

import { clockHold, opened } from "./testing";

clockHold();

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

    expect(api.conversationWindow).toHaveBeenCalledTimes(2);
    expect(chat.store.get().feed.generations.get(G)?.text).toBe("Tides follow the Moon.");
    expect(socket.sentOf("watch").at(-1)?.generations).toEqual({ [G]: 3 });
  });

  it("asks no oftener than once a second while a gap stays open", async () => {
    const { api, socket } = await opened();
    for (let number = 1; number <= 20; number += 1) socket.receiveEvents(number, [delta(number + 5, "x")]);
    await vi.advanceTimersByTimeAsync(3500);

    expect(api.conversationWindow.mock.calls.length).toBeLessThanOrEqual(1 + 4);
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
