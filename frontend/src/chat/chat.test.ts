import { describe, expect, it } from "vitest";

import { ApiError } from "@/lib/api/client";
import { C } from "@/lib/testing/views";

import { clockHold, opened } from "./testing";

clockHold();

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
