import { describe, expect, it } from "vitest";

import { ApiError } from "@/lib/api/client";
import { appealView, C, fact, message } from "@/lib/testing/views";
import type { MessageView } from "@/lib/wire/views";

import type { Chat } from "./chat";
import { appealOf, restoredOf, reviewedOf } from "./reading";
import { clockHold, opened, refuse } from "./testing";

clockHold();

describe("Asking for review", () => {
  const D = "decision-1";
  const twice = (state: string): ApiError =>
    new ApiError(409, { type: "error", code: "appeal_twice", message: "", details: { state } });
  const answerOf = (chat: Chat) => chat.store.get().feed.messages.get(C)!.get("a2") as MessageView;
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
