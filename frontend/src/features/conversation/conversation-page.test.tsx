// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { Chat } from "@/chat/chat";
import { ChatProvider } from "@/chat/context";
import { clockHold, opened } from "@/chat/testing";
import { i18nStart } from "@/lib/i18n/i18n";
import { withEntry } from "@/lib/store/maps";
import { C, delta, fact, generation, message } from "@/lib/testing/views";
import { TooltipProvider } from "@/lib/ui/controls";

import { ConversationPage } from "./conversation-page";

/** What jsdom, which lays nothing out, does not have. */
function layoutStub(): void {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      readonly observe = (): void => undefined;
      readonly unobserve = (): void => undefined;
      readonly disconnect = (): void => undefined;
    },
  );
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() }));
}

/** An answer that begins, under a question that counts how often a row was made of it: only that reads this field. */
function rowsCounted(chat: Chat): () => number {
  let count = 0;
  const question = Object.defineProperty(message("u1", null), "client_message_id", {
    get: () => {
      count += 1;
      return null;
    },
  });
  const tree = new Map([question, message("a2", "u1", { text: null })].map((one) => [one.id, one]));
  chat.store.update((state) => ({
    ...state,
    feed: { ...state.feed, messages: withEntry(state.feed.messages, C, tree) },
  }));
  return () => count;
}

function pageShown(chat: Chat): void {
  render(
    <ChatProvider value={chat}>
      <TooltipProvider>
        <ConversationPage current_id={C} lead={null} onOpen={() => undefined} />
      </TooltipProvider>
    </ChatProvider>,
  );
}

beforeAll(() => i18nStart("en"));
clockHold();
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("An answer that grows", () => {
  it("makes the page put its rows together once, and not again at a delta", async () => {
    layoutStub();
    const { chat, socket } = await opened();
    const count = rowsCounted(chat);
    pageShown(chat);
    act(() => socket.receiveEvents(1, [fact("generation.started", { generation: generation() })]));
    expect(count()).toBe(1);

    for (let seq = 1; seq <= 10; seq += 1) act(() => socket.receiveEvents(seq + 1, [delta(seq, "moon ")]));
    await act(() => vi.advanceTimersByTimeAsync(1000));

    expect(screen.getByRole("log").textContent).toContain("moon ".repeat(9));
    expect(count()).toBe(1);
  });
});

describe("A conversation of twenty messages", () => {
  it("is put on the page a few at a time, until the browser's own search finds every word", async () => {
    layoutStub();
    const { chat, socket } = await opened();
    for (let number = 3; number <= 20; number += 1) {
      const [kind, parent] = number % 2 === 0 ? ["a", "u"] : ["u", "a"];
      const row = message(`${kind}${number}`, `${parent}${number - 1}`);
      socket.receiveEvents(number, [fact("message.created", { message: row })]);
    }
    pageShown(chat);
    expect(screen.getAllByRole("article", { hidden: true }).length).toBeLessThan(10);
    expect(screen.getByRole("log").textContent).toContain("text of a20");

    for (let step = 0; step < 4; step += 1) await act(() => vi.advanceTimersByTimeAsync(1));

    expect(screen.getAllByRole("article", { hidden: true })).toHaveLength(20);
  });
});
