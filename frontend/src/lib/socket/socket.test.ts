import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeSocket } from "@/lib/testing/fake-socket";
import type { Command, EventsFrame, Outcome } from "@/lib/wire/frames";

import { FeedSocket, type SocketStatus } from "./socket";

const ask = (request_id: string, text = "Hello"): Command => ({
  type: "turn.start",
  request_id,
  conversation_id: "conversation-1",
  parent_id: null,
  client_message_id: `message-${request_id}`,
  text,
});

function connected() {
  const seen = {
    statuses: [] as SocketStatus[],
    frames: [] as EventsFrame[],
    outcomes: [] as [string, Outcome][],
    resyncs: 0,
  };
  const socket = new FeedSocket(
    { open: FakeSocket.open, random: () => 1 },
    {
      onStatus: (status) => seen.statuses.push(status),
      onEvents: (frame) => seen.frames.push(frame),
      onResync: () => (seen.resyncs += 1),
      onOutcome: (command, outcome) => seen.outcomes.push([command.request_id, outcome]),
      onReady: () => undefined,
      watched: () => ({ type: "watch", feed: `9-${seen.frames.length}`, conversation_ids: ["c"], generations: { g: 4 } }),
    },
  );
  socket.connect();
  FakeSocket.last.receiveReady();
  return { socket, seen };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all.length = 0;
});

describe("Connecting", () => {
  it("says what the tab shows as the first frame after `ready`", () => {
    const { seen } = connected();

    expect(FakeSocket.last.sent[0]).toEqual({
      type: "watch",
      feed: "9-0",
      conversation_ids: ["c"],
      generations: { g: 4 },
    });
    expect(seen.statuses).toEqual(["connecting", "open"]);
  });

  it("comes back after a loss, waits longer each time, and never longer than 20 s", () => {
    connected();
    FakeSocket.last.lose(1006);
    const waits_ms = Array.from({ length: 8 }, () => {
      const before = FakeSocket.all.length;
      const start = Date.now();
      while (FakeSocket.all.length === before) vi.advanceTimersByTime(100);
      FakeSocket.last.lose(1006);
      return Date.now() - start;
    });

    expect(waits_ms).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 20_000]);
  });

  it("says again where it stands when it came back", () => {
    const { seen } = connected();
    FakeSocket.last.receiveEvents(1);
    FakeSocket.last.lose(1012);
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();

    expect(FakeSocket.last.sent[0]).toMatchObject({ type: "watch", feed: "9-1" });
    expect(seen.statuses).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  });

  it.each([
    [4401, "signed_out"],
    [4403, "refused"],
    [4429, "evicted"],
  ])("stays away after %d, until asked to come back", (code, status) => {
    const { socket, seen } = connected();
    FakeSocket.last.lose(code);
    vi.advanceTimersByTime(60_000);

    expect(seen.statuses.at(-1)).toBe(status);
    expect(FakeSocket.all).toHaveLength(1);

    socket.connect();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("asks after a silence whether the server lives, and leaves when nothing comes", () => {
    const { seen } = connected();
    vi.advanceTimersByTime(25_000);
    expect(FakeSocket.last.sentOf("ping")).toHaveLength(1);

    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.last.closed_with).toBe(4000);
    expect(seen.statuses.at(-1)).toBe("waiting");
  });

  it("asks at once when the network came back, and leaves a connection that is dead", () => {
    const { socket, seen } = connected();
    socket.probe();
    expect(FakeSocket.last.sentOf("ping")).toHaveLength(1);

    vi.advanceTimersByTime(10_000);
    expect(seen.statuses.at(-1)).toBe("waiting");
  });

  it("comes back at once when the network did, whatever wait was left", () => {
    const { socket } = connected();
    FakeSocket.last.lose(1006);
    socket.probe();

    expect(FakeSocket.all).toHaveLength(2);
  });

  it("stays while the server answers", () => {
    const { seen } = connected();
    for (let round = 0; round < 5; round += 1) {
      vi.advanceTimersByTime(25_000);
      FakeSocket.last.receive({ type: "pong" });
    }

    expect(FakeSocket.last.sentOf("ping")).toHaveLength(5);
    expect(seen.statuses.at(-1)).toBe("open");
  });
});

describe("A command", () => {
  it("is sent again after every reconnect, word for word, until it is answered", () => {
    const { socket, seen } = connected();
    socket.command(ask("1"));
    FakeSocket.last.lose(1006);
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();
    expect(FakeSocket.last.sentOf("turn.start")).toEqual([ask("1")]);

    FakeSocket.last.receive({ type: "reply", request_id: "1", message_id: "a", generation_id: "g" });
    FakeSocket.last.lose(1006);
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();

    expect(FakeSocket.last.sentOf("turn.start")).toEqual([]);
    expect(seen.outcomes).toHaveLength(1);
    expect(seen.outcomes[0]?.[1]).toMatchObject({ type: "reply", message_id: "a", generation_id: "g" });
  });

  it("given while there is no connection is sent after the watch of the next one", () => {
    const { socket } = connected();
    FakeSocket.last.lose(1006);
    socket.command(ask("1"));
    socket.command(ask("2"));
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();

    expect(FakeSocket.last.sent.map(({ type }) => type)).toEqual(["watch", "turn.start", "turn.start"]);
  });

  it("that was refused is over, and says why", () => {
    const { socket, seen } = connected();
    socket.command(ask("1"));
    FakeSocket.last.receive({
      type: "error",
      request_id: "1",
      code: "input_blocked",
      message: "Blocked",
      details: { category: "weapons" },
    });

    expect(seen.outcomes).toEqual([["1", expect.objectContaining({ code: "input_blocked" })]]);
  });

  it("over the frame limit is refused here, in UTF-8 bytes, and never sent", () => {
    const { socket, seen } = connected();
    socket.command(ask("1", "潮".repeat(22_000)));

    expect(FakeSocket.last.sentOf("turn.start")).toEqual([]);
    expect(seen.outcomes[0]?.[1]).toMatchObject({ code: "frame_too_large", details: { limit: 65_536 } });
  });

  it("over which the server closed is given up, the others are sent again", () => {
    const { socket, seen } = connected();
    socket.command(ask("small"));
    socket.command(ask("large", "x".repeat(60_000)));
    FakeSocket.last.lose(1009);
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();

    expect(seen.outcomes).toEqual([["large", expect.objectContaining({ code: "frame_too_large" })]]);
    expect(FakeSocket.last.sentOf("turn.start")).toEqual([ask("small")]);
  });
});

describe("Acknowledging", () => {
  it("happens at the latest after eight frames", () => {
    connected();
    for (let number = 1; number <= 17; number += 1) FakeSocket.last.receiveEvents(number);

    expect(FakeSocket.last.sentOf("ack").map((ack) => ack.number)).toEqual([8, 16]);
  });

  it("happens when 32 KB have come", () => {
    connected();
    const text = "x".repeat(20_000);
    FakeSocket.last.receiveEvents(1, [{ type: "generation.delta", generation_id: "g", seq: 1, text }]);
    expect(FakeSocket.last.sentOf("ack")).toEqual([]);

    FakeSocket.last.receiveEvents(2, [{ type: "generation.delta", generation_id: "g", seq: 2, text }]);
    expect(FakeSocket.last.sentOf("ack").map((ack) => ack.number)).toEqual([2]);
  });

  it("happens a quarter of a second after the first frame that waits for it", () => {
    connected();
    FakeSocket.last.receiveEvents(1);
    vi.advanceTimersByTime(249);
    expect(FakeSocket.last.sentOf("ack")).toEqual([]);

    vi.advanceTimersByTime(1);
    expect(FakeSocket.last.sentOf("ack").map((ack) => ack.number)).toEqual([1]);
  });

  it("counts anew on a new connection", () => {
    connected();
    for (let number = 1; number <= 8; number += 1) FakeSocket.last.receiveEvents(number);
    FakeSocket.last.lose(1006);
    vi.advanceTimersByTime(500);
    FakeSocket.last.receiveReady();
    FakeSocket.last.receiveEvents(1);
    vi.advanceTimersByTime(250);

    expect(FakeSocket.last.sentOf("ack").map((ack) => ack.number)).toEqual([1]);
  });
});

describe("Resync", () => {
  it("is passed on when the server dropped the backlog", () => {
    const { seen } = connected();
    FakeSocket.last.receive({ type: "resync", reason: "slow_reader" });

    expect(seen.resyncs).toBe(1);
  });

  it.each([["not json"], ['{"type":"events","number":1}'], ['{"type":"tomorrow"}']])(
    "is what a frame that cannot be read comes to: %s",
    (raw) => {
      const { seen } = connected();
      FakeSocket.last.onmessage?.({ data: raw });

      expect(seen.resyncs).toBe(1);
      expect(seen.frames).toEqual([]);
    },
  );
});
