import { describe, expect, it } from "vitest";

import { appealView, C, conversation, delta, ended, fact, G, generation, message } from "@/lib/testing/views";
import type { FeedEvent } from "@/lib/wire/events";
import type { AppealState, MessageView } from "@/lib/wire/views";

import { dropConversation, emptyFeed, type FeedState, fold, foldWindow, openTree } from "./feed";
import { isRead } from "./tree";

/** A conversation on screen whose answer is being written. */
const streaming: FeedState = foldWindow(emptyFeed, {
  feed: "1-0",
  is_whole: true,
  conversation: conversation(),
  messages: [message("u1", null), message("a2", "u1", { text: null })],
  generations: [generation()],
});

const foldAll = (state: FeedState, ...events: readonly FeedEvent[]): FeedState => events.reduce(fold, state);
const textOf = (state: FeedState): string | undefined => state.generations.get(G)?.text;
const storedOf = (state: FeedState, id: string): MessageView | undefined => {
  const node = state.messages.get(C)?.get(id);
  return node !== undefined && isRead(node) ? node : undefined;
};

describe("A delta", () => {
  it("is appended once, however often it comes", () => {
    const state = foldAll(streaming, delta(1, "Tides "), delta(1, "Tides "), delta(2, "turn."), delta(1, "Tides "));

    expect(textOf(state)).toBe("Tides turn.");
    expect(state.generations.get(G)?.seq).toBe(2);
  });

  it("that skips one asks for the conversation again, and shows no text with a hole", () => {
    const state = foldAll(streaming, delta(1, "Tides "), delta(3, "the Moon."));

    expect(textOf(state)).toBe("Tides ");
    expect(state.gaps).toEqual(new Set([G]));
  });

  it("that came too early is appended when the one before it comes", () => {
    const state = foldAll(streaming, delta(1, "Tides "), delta(3, "the Moon."), delta(2, "follow "));

    expect(textOf(state)).toBe("Tides follow the Moon.");
    expect(state.gaps.size).toBe(0);
  });

  it("that came too early is appended to the snapshot fetched because of it", () => {
    const gap = foldAll(streaming, delta(1, "Tides "), delta(4, "Moon."), delta(5, " Always."));

    const state = foldWindow(gap, {
      feed: "2-0",
      is_whole: true,
      conversation: conversation(),
      messages: [],
      generations: [generation({ text: "Tides follow the ", seq: 3 })],
    });

    expect(textOf(state)).toBe("Tides follow the Moon. Always.");
    expect(state.generations.get(G)?.seq).toBe(5);
    expect(state.gaps.size).toBe(0);
  });

  it("leaves the gap open when the snapshot does not close it", () => {
    const gap = foldAll(streaming, delta(4, "Moon."));

    const state = foldWindow(gap, {
      feed: "2-0",
      is_whole: true,
      conversation: conversation(),
      messages: [],
      generations: [generation({ text: "Tides ", seq: 1 })],
    });

    expect(state.gaps).toEqual(new Set([G]));
  });

  it("of a generation nobody announced asks for the conversation again", () => {
    expect(fold(streaming, delta(1, "x", "generation-9")).gaps).toEqual(new Set(["generation-9"]));
  });

  it("that comes after the end changes nothing", () => {
    const finished = fold(
      streaming,
      fact("generation.finished", {
        generation: generation({ status: "completed", finish_reason: "stop", seq: 3, text: "All." }),
        message: message("a2", "u1", { text: "All." }),
      }),
    );

    expect(fold(finished, delta(4, "more"))).toBe(finished);
  });
});

describe("A snapshot", () => {
  it("older than the stream takes no text back", () => {
    const ahead = foldAll(streaming, delta(1, "Tides "), delta(2, "turn."));

    const state = foldWindow(ahead, {
      feed: "1-0",
      is_whole: true,
      conversation: conversation(),
      messages: [],
      generations: [generation({ text: "Tides ", seq: 1 })],
    });

    expect(textOf(state)).toBe("Tides turn.");
  });

  it("newer than the stream lets the deltas it already holds pass by", () => {
    const newer = foldWindow(streaming, {
      feed: "1-5",
      is_whole: true,
      conversation: conversation(),
      messages: [],
      generations: [generation({ text: "Tides turn.", seq: 2 })],
    });

    const state = foldAll(newer, delta(1, "Tides "), delta(2, "turn."), delta(3, " Daily."));

    expect(textOf(state)).toBe("Tides turn. Daily.");
  });

  it("gives the same state as the facts it stands for, in either order", () => {
    const facts = [
      fact("conversation.updated", { conversation: conversation({ row_version: 2, title: "Seas" }) }),
      fact("message.created", { message: message("u3", "a2") }),
    ];
    const snapshot = {
      feed: "3-0",
      is_whole: true,
      conversation: conversation({ row_version: 2, title: "Seas" }),
      messages: [message("u1", null), message("a2", "u1", { text: null }), message("u3", "a2")],
      generations: [generation()],
    };

    const first = foldAll(foldWindow(streaming, snapshot), ...facts);
    const last = foldWindow(foldAll(streaming, ...facts), snapshot);

    expect(first).toEqual(last);
  });
});

describe("A fact", () => {
  it("is taken once by its id", () => {
    const created = fact("message.created", { message: message("u3", "a2") }, "fact-same");
    const once = fold(streaming, created);

    expect(fold(once, created)).toBe(once);
  });

  it("about a conversation loses against a greater row_version", () => {
    const state = foldAll(
      streaming,
      fact("conversation.updated", { conversation: conversation({ row_version: 5, title: "New" }) }),
      fact("conversation.updated", { conversation: conversation({ row_version: 4, title: "Old" }) }),
    );

    expect(state.conversations.get(C)?.title).toBe("New");
  });

  it("cannot bring back a deleted conversation", () => {
    const state = foldAll(
      dropConversation(streaming, C),
      fact("conversation.updated", { conversation: conversation({ row_version: 9 }) }),
    );

    expect(state.conversations.has(C)).toBe(false);
    expect(state.messages.has(C)).toBe(false);
    expect(state.generations.size).toBe(0);
  });

  it("about messages is kept only for conversations that are open", () => {
    const elsewhere = message("u9", null, { conversation_id: "conversation-2" });
    const closed = fold(streaming, fact("message.created", { message: elsewhere }));
    const opened = fold(openTree(streaming, "conversation-2"), fact("message.created", { message: elsewhere }));

    expect(closed.messages.has("conversation-2")).toBe(false);
    expect(opened.messages.get("conversation-2")?.has("u9")).toBe(true);
  });

  it("withholds a question and leaves its words to its author, whatever older snapshot comes later", () => {
    const asked = fold(streaming, fact("message.created", { message: message("u3", "a2") }));
    const withheld = message("u3", "a2", { state: "withheld", notice: { category: "violence", text: "", action: "block" } });

    const told = fold(asked, fact("message.updated", { message: withheld }));
    const later = fold(told, fact("message.created", { message: message("u3", "a2") }, "fact-late"));

    expect(told.messages.get(C)?.get("u3")).toEqual(withheld);
    expect(later).toEqual({ ...told, seen_facts: later.seen_facts });
  });

  it("keeps a rule's notice on a question against an older snapshot", () => {
    const notice = { category: "fraud", text: "Careful.", action: "warn" } as const;
    const told = fold(streaming, fact("message.updated", { message: message("u3", "a2", { notice }) }));

    const later = fold(told, fact("message.created", { message: message("u3", "a2") }, "fact-late"));

    expect(storedOf(later, "u3")?.notice).toEqual(notice);
  });

  it("that is stale cannot empty an answer or show what was withheld", () => {
    const written = fold(streaming, fact("message.created", { message: message("a2", "u1", { text: "All." }) }));
    const emptied = fold(written, fact("message.created", { message: message("a2", "u1", { text: null }) }));
    const withheld = fold(
      emptied,
      fact("message.created", { message: message("u1", null, { text: null, state: "withheld" }) }),
    );
    const shown = fold(withheld, fact("message.created", { message: message("u1", null) }));

    expect(storedOf(emptied, "a2")?.text).toBe("All.");
    expect(storedOf(shown, "u1")).toMatchObject({ state: "withheld", text: null });
  });
});

describe("A generation", () => {
  it("taken over by another worker keeps the text on screen and goes on from there", () => {
    const state = foldAll(
      streaming,
      delta(1, "Tides "),
      fact("generation.queued", { generation: generation({ status: "queued", attempt: 2, text: "", seq: 0 }) }),
      fact("generation.started", { generation: generation({ attempt: 2, text: "Tides ", seq: 1 }) }),
      delta(2, "turn."),
    );

    expect(textOf(state)).toBe("Tides turn.");
    expect(state.generations.get(G)).toMatchObject({ attempt: 2, status: "running" });
  });

  it("restarted from the database goes back to that text, and its seq goes on from there", () => {
    const state = foldAll(
      streaming,
      delta(1, "Tides "),
      delta(2, "lost words"),
      fact("generation.restarted", { generation: generation({ attempt: 2, text: "Tides ", seq: 1 }) }),
      delta(2, "turn."),
    );

    expect(textOf(state)).toBe("Tides turn.");
  });

  it("restarted drops deltas that were waiting for a place in the lost log", () => {
    const state = foldAll(
      streaming,
      delta(3, "lost"),
      fact("generation.restarted", { generation: generation({ attempt: 2, text: "Tides ", seq: 1 }) }),
      delta(2, "turn."),
    );

    expect(textOf(state)).toBe("Tides turn.");
    expect(state.gaps.size).toBe(0);
  });

  it("of an earlier attempt cannot push back a later one", () => {
    const state = foldAll(
      streaming,
      fact("generation.started", { generation: generation({ attempt: 2 }) }),
      fact("generation.queued", { generation: generation({ attempt: 1, status: "queued" }) }),
    );

    expect(state.generations.get(G)).toMatchObject({ attempt: 2, status: "running" });
  });

  it("that ended waits for its message, and folds to exactly the stored text", () => {
    const last = foldAll(streaming, delta(1, "Tides "), delta(2, "turn."), ended(3));
    const finished = fold(
      last,
      fact("generation.finished", {
        generation: generation({ status: "completed", finish_reason: "stop", text: "Tides turn.", seq: 3 }),
        message: message("a2", "u1", { text: "Tides turn." }),
      }),
    );

    expect(last.generations.get(G)).toMatchObject({ has_ended: true, status: "running" });
    expect(textOf(last)).toBe(storedOf(finished, "a2")?.text);
    expect(finished.generations.get(G)?.status).toBe("completed");
  });

  it("that is finished does not run again because a fact came late", () => {
    const state = foldAll(
      streaming,
      fact("generation.finished", {
        generation: generation({ status: "cancelled", finish_reason: "cancelled", text: "Tides", seq: 2 }),
        message: message("a2", "u1", { text: "Tides" }),
      }),
      fact("generation.started", { generation: generation({ attempt: 1 }) }),
    );

    expect(state.generations.get(G)?.status).toBe("cancelled");
  });

  it("whose text was withheld leaves nothing to show", () => {
    const state = foldAll(
      streaming,
      delta(1, "Tides "),
      fact("generation.finished", {
        generation: generation({ status: "completed", finish_reason: "content_filter", text: "", seq: 2 }),
        message: message("a2", "u1", { text: null, state: "withheld", notice: { category: "x", text: "y", action: "block" } }),
      }),
    );

    expect(storedOf(state, "a2")).toMatchObject({ state: "withheld", text: null });
    expect(textOf(state)).toBe("");
  });
});

describe("A question for review", () => {
  const told = (state: AppealState, message_id: string | null = "a2"): FeedEvent =>
    fact("appeal.updated", { appeal: appealView({ message_id, state }) });

  it("changes how its message stands, and nothing else of it", () => {
    const before = storedOf(streaming, "a2");
    const state = foldAll(streaming, told("waiting"));

    expect(storedOf(state, "a2")).toEqual({ ...before, appeal: "waiting" });
  });

  it("only ever goes on: a late fact and an older snapshot take nothing back", () => {
    const state = foldAll(streaming, told("overturned"), told("waiting"), told("confirmed"));
    const older = foldWindow(state, {
      feed: "1-0",
      is_whole: true,
      conversation: conversation(),
      messages: [message("a2", "u1", { text: "Tides turn." })],
      generations: [],
    });

    expect(storedOf(state, "a2")?.appeal).toBe("overturned");
    expect(storedOf(older, "a2")).toMatchObject({ appeal: "overturned", text: "Tides turn." });
  });

  it("about a text that was never stored is kept by its decision", () => {
    const state = foldAll(emptyFeed, told("waiting", null), told("confirmed", null));

    expect([...state.appeals]).toEqual([["decision-1", "confirmed"]]);
  });

  it("about a conversation that is not open is left to the next snapshot", () => {
    expect(foldAll(emptyFeed, told("waiting")).messages.size).toBe(0);
  });
});
