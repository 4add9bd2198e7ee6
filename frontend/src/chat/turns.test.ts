import { describe, expect, it, vi } from "vitest";

import { ApiError } from "@/lib/api/client";
import { FakeSocket } from "@/lib/testing/fake-socket";
import { C, fact, G, generation, message } from "@/lib/testing/views";

import { rowsOf } from "./rows";
import { NEW } from "./state";
import { clockHold, opened, refuse, shown } from "./testing";

clockHold();

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
