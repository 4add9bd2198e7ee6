import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { emptyFeed, fold, isLive, openTree } from "@/lib/store/feed";

import { DecodeError, object, string, variants } from "./decode";
import { feedEvent } from "./events";

/** Written by the server's tests; one example of every event, decoded here with the page's own decoders. */
const lines = readFileSync("../contracts/feed-v1.jsonl", "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as { name: string; event: { type: string } });

const EVERY_TYPE = [
  "appeal.updated",
  "conversation.created",
  "conversation.deleted",
  "conversation.updated",
  "generation.delta",
  "generation.ended",
  "generation.finished",
  "generation.queued",
  "generation.restarted",
  "generation.started",
  "message.created",
  "message.updated",
];

describe("contracts/feed-v1.jsonl", () => {
  it("holds every event there is, and no event this page does not know", () => {
    expect([...new Set(lines.map(({ event }) => event.type))].sort()).toEqual(EVERY_TYPE);
  });

  it.each(lines)("$name: is decoded without a field lost", ({ event }) => {
    expect(feedEvent(event, "event")).toEqual(event);
  });

  it("folds to the text that each finished message keeps", () => {
    const events = lines.map(({ event }) => feedEvent(event, "event")).filter(({ type }) => type !== "conversation.deleted");
    const finished = events.filter((event) => event.type === "generation.finished");
    const opened = finished.reduce((state, { message }) => openTree(state, message.conversation_id), emptyFeed);

    const state = events.reduce(fold, opened);

    expect(finished.length).toBeGreaterThan(0);
    for (const { message, generation } of finished) {
      // Review comes after the end, and changes nothing else.
      expect({ ...state.messages.get(message.conversation_id)?.get(message.id), appeal: "none" }).toEqual(message);
      expect(isLive(state.generations.get(generation.id)!.status)).toBe(false);
    }
  });

  it("gives the same state when every line comes twice", () => {
    const events = lines.map(({ event }) => feedEvent(event, "event"));
    const once = events.reduce(fold, emptyFeed);
    const twice = events.flatMap((event) => [event, event]).reduce(fold, emptyFeed);

    expect({ ...twice, gaps: null }).toEqual({ ...once, gaps: null });
  });
});

describe("A decoder", () => {
  const shape = object({ name: string, inner: object({ id: string }) });

  it("says where the value is wrong, and what stands there", () => {
    expect(() => shape({ name: "x", inner: { id: 7 } }, "frame")).toThrow(
      new DecodeError("frame.inner.id must be a string, got 7"),
    );
    expect(() => shape({ name: "x" }, "frame")).toThrow("frame.inner must be an object, got nothing");
  });

  it("drops fields of a newer server", () => {
    expect(shape({ name: "x", inner: { id: "y", more: 1 }, more: 2 }, "frame")).toEqual({ name: "x", inner: { id: "y" } });
  });

  it("refuses a variant that nobody declared", () => {
    expect(() => variants({ a: object({}) })({ type: "b" }, "event")).toThrow("event.type must be one of a");
  });
});
