import { describe, expect, it } from "vitest";

import { C, message } from "@/lib/testing/views";

import { NEW } from "./state";
import { clockHold, opened, refuse } from "./testing";

clockHold();

describe("A draft", () => {
  it("of an earlier visit is there again when its place is opened", async () => {
    const { chat, kept } = await opened(null);
    kept.drafts.set(C, "half a thought");

    chat.open(C);

    expect(chat.store.get().drafts.get(C)).toBe("half a thought");
  });

  it("stays with its place", async () => {
    const { chat, kept } = await opened();
    chat.draftChange(C, "half a thought");

    chat.open(null);

    expect(chat.store.get().drafts.get(NEW)).toBe("");
    expect(kept.drafts.get(C)).toBe("half a thought");
  });

  it("that this visit changed is not overwritten by what an earlier one left", async () => {
    const { chat, kept } = await opened();
    chat.draftChange(C, "newer");
    kept.drafts.set(C, "older, from another tab");

    chat.open(C);

    expect(chat.store.get().drafts.get(C)).toBe("newer");
  });
});

describe("An edit", () => {
  it("begins with the message's words and changes with the typing", async () => {
    const { chat } = await opened();

    chat.editOpen(message("u1", null, { text: "Tides?" }));
    expect(chat.store.get().editing).toEqual({ message_id: "u1", text: "Tides?" });

    chat.editChange("Tides and moons?");
    expect(chat.store.get().editing).toEqual({ message_id: "u1", text: "Tides and moons?" });
  });

  it("that was closed does not come back with a late keystroke", async () => {
    const { chat } = await opened();
    chat.editOpen(message("u1", null));
    chat.editClose();

    chat.editChange("Tides and moons?");

    expect(chat.store.get().editing).toBeNull();
  });
});

describe("A refusal", () => {
  it("stands beside the words until the person waves it away", async () => {
    const { chat, socket } = await opened();
    chat.ask(C, { text: "How do I", parent_id: "a2" });
    socket.receive(refuse(socket.sentOf("turn.start")[0]!.request_id));
    expect(chat.store.get().refusals.has(C)).toBe(true);

    chat.refusalDismiss(C);

    expect(chat.store.get().refusals.has(C)).toBe(false);
    expect(chat.store.get().drafts.get(C)).toBe("How do I");
  });
});
