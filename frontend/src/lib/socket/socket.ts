/**
 * The tab's one WebSocket: keeps it open, and keeps its promises while it is not.
 *
 * Owns reconnecting, liveness, acks, and the commands that nobody answered yet. Knows the frames; knows nothing of what
 * the events mean. A command is sent again after every reconnect, with the same client ids, until a reply or an error
 * names its request_id, so nothing typed is lost and the server's own idempotence keeps it single.
 */

import { DecodeError } from "@/lib/wire/decode";
import {
  type ClientFrame,
  type Command,
  type EventsFrame,
  MAX_FRAME_BYTES,
  type Outcome,
  serverFrame,
  type ServerFrame,
  type Watch,
} from "@/lib/wire/frames";

export type SocketStatus =
  | "connecting"
  | "open"
  | "waiting" // for the next attempt
  | "signed_out"
  | "evicted" // this person opened more tabs than may be open
  | "refused" // the server does not take sockets from this page's origin
  | "closed";

/** What the tab does with what the socket brings. */
export interface SocketHandlers {
  onStatus(status: SocketStatus): void;
  onEvents(frame: EventsFrame): void;
  /** The backlog is gone, or a frame could not be read: fetch again, then call `watch()`. */
  onResync(): void;
  onOutcome(command: Command, outcome: Outcome): void;
  onReady(limits: { readonly max_text_chars: number }): void;
  /** What this tab shows and how far it has read. */
  watched(): Watch;
}

export interface SocketEdges {
  readonly open: () => WebSocket;
  /** In [0, 1). */
  readonly random: () => number;
}

/** First wait before reconnecting; doubles up to the greatest. */
const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 20_000;
/** Under the 60 s after which common proxies drop an idle connection. */
const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 10_000;
/** Ack well inside the 256 KB that the server sends beyond the last one. */
const ACK_FRAMES = 8;
const ACK_BYTES = 32 * 1024;
const ACK_IDLE_MS = 250;

/** Close codes of docs/api.md after which no reconnect helps, and what they mean. */
const FINAL_CODES: ReadonlyMap<number, SocketStatus> = new Map([
  [4401, "signed_out"],
  [4403, "refused"],
  [4429, "evicted"],
]);
const CLOSE_FRAME_TOO_LARGE = 1009;
const CLOSE_WENT_SILENT = 4000;

type Timer = ReturnType<typeof setTimeout>;

export class FeedSocket {
  readonly #edges: SocketEdges;
  readonly #handlers: SocketHandlers;
  readonly #unanswered = new Map<string, Command>();
  #socket: WebSocket | null = null;
  #status: SocketStatus = "closed";
  #is_ready = false;
  #max_frame_bytes = MAX_FRAME_BYTES;
  #attempts = 0;
  #last_number = 0;
  #acked_number = 0;
  #unacked_bytes = 0;
  #timers: { retry?: Timer; ping?: Timer; pong?: Timer; ack?: Timer } = {};

  constructor(edges: SocketEdges, handlers: SocketHandlers) {
    this.#edges = edges;
    this.#handlers = handlers;
  }

  /** Connect, or connect now if the next attempt is still to come. Does nothing while connected. */
  connect(): void {
    if (this.#socket !== null) return;
    this.#clearTimers();
    this.#setStatus("connecting");
    const socket = this.#edges.open();
    this.#socket = socket;
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
    socket.onclose = ({ code }: CloseEvent) => this.#closed(socket, code);
    this.#heard(); // a handshake that hangs is a silence too
  }

  /** The network came back, or the machine woke up: do not wait for the next attempt, or for a silence to be noticed. */
  probe(): void {
    if (this.#status === "waiting") this.connect();
    else if (this.#is_ready) this.#ping();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#clearTimers();
    this.#setStatus("closed");
    socket?.close(1000);
  }

  /** Carry a command out, now or as soon as there is a connection. */
  command(command: Command): void {
    const size_bytes = byteLength(command);
    if (size_bytes > this.#max_frame_bytes) {
      this.#handlers.onOutcome(command, tooLarge({ size_bytes, limit: this.#max_frame_bytes }));
      return;
    }
    this.#unanswered.set(command.request_id, command);
    if (this.#is_ready) this.#send(command);
  }

  /** Say again what this tab shows, after it changed. */
  watch(): void {
    if (this.#is_ready) this.#send(this.#handlers.watched());
  }

  #receive(raw: unknown): void {
    this.#heard();
    if (typeof raw !== "string") return;
    const frame = this.#decode(raw);
    if (frame !== null) this.#handle(frame, raw.length);
  }

  #decode(raw: string): ServerFrame | null {
    try {
      return serverFrame(JSON.parse(raw), "frame");
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof SyntaxError)) throw error;
      this.#handlers.onResync();
      return null;
    }
  }

  #handle(frame: ServerFrame, size_chars: number): void {
    switch (frame.type) {
      case "ready":
        return this.#ready(frame);
      case "events":
        this.#handlers.onEvents(frame);
        return this.#applied(frame.number, size_chars);
      case "reply":
        return this.#answered(frame.request_id, frame);
      case "error":
        if (frame.request_id !== null) this.#answered(frame.request_id, frame);
        return;
      case "resync":
        return this.#handlers.onResync();
      case "pong":
        return;
    }
  }

  #ready({ max_frame_bytes, max_text_chars }: Extract<ServerFrame, { type: "ready" }>): void {
    this.#is_ready = true;
    this.#attempts = 0;
    this.#max_frame_bytes = max_frame_bytes;
    this.#handlers.onReady({ max_text_chars });
    this.#send(this.#handlers.watched());
    for (const command of this.#unanswered.values()) this.#send(command);
    this.#setStatus("open");
  }

  #answered(request_id: string, outcome: Outcome): void {
    const command = this.#unanswered.get(request_id);
    if (command === undefined) return;
    this.#unanswered.delete(request_id);
    this.#handlers.onOutcome(command, outcome);
  }

  #applied(number: number, size_chars: number): void {
    this.#last_number = number;
    this.#unacked_bytes += size_chars;
    if (number - this.#acked_number >= ACK_FRAMES || this.#unacked_bytes >= ACK_BYTES) this.#ack();
    else this.#timers.ack ??= setTimeout(() => this.#ack(), ACK_IDLE_MS);
  }

  #ack(): void {
    clearTimeout(this.#timers.ack);
    delete this.#timers.ack;
    this.#acked_number = this.#last_number;
    this.#unacked_bytes = 0;
    this.#send({ type: "ack", number: this.#last_number });
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** Anything from the server shows that it lives; ask again after a silence. */
  #heard(): void {
    clearTimeout(this.#timers.ping);
    clearTimeout(this.#timers.pong);
    delete this.#timers.pong;
    this.#timers.ping = setTimeout(() => this.#ping(), PING_EVERY_MS);
  }

  #ping(): void {
    this.#send({ type: "ping" });
    this.#timers.pong ??= setTimeout(() => this.#drop(), PONG_WITHIN_MS);
  }

  /** A half-open connection may take minutes to report its own close; do not wait for it. */
  #drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.close(CLOSE_WENT_SILENT);
    this.#closed(socket, CLOSE_WENT_SILENT);
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#clearTimers();
    if (code === CLOSE_FRAME_TOO_LARGE) this.#giveUpLargest();
    const final = FINAL_CODES.get(code);
    if (final === undefined) this.#retryLater();
    else this.#setStatus(final);
  }

  /** The server closed over a frame's size: sending the same again would close it for ever. */
  #giveUpLargest(): void {
    const [largest] = [...this.#unanswered.values()].sort((a, b) => byteLength(b) - byteLength(a));
    if (largest === undefined) return;
    const details = { size_bytes: byteLength(largest), limit: this.#max_frame_bytes };
    this.#answered(largest.request_id, tooLarge(details));
  }

  #retryLater(): void {
    const ceiling_ms = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    // At least half, so that a crowd spreads out and no one hammers.
    const wait_ms = ceiling_ms * (0.5 + this.#edges.random() / 2);
    this.#setStatus("waiting");
    this.#timers.retry = setTimeout(() => this.connect(), wait_ms);
  }

  #setStatus(status: SocketStatus): void {
    if (status !== "open") this.#resetConnection();
    if (status === this.#status) return;
    this.#status = status;
    this.#handlers.onStatus(status);
  }

  #resetConnection(): void {
    this.#is_ready = false;
    this.#last_number = 0;
    this.#acked_number = 0;
    this.#unacked_bytes = 0;
  }

  #clearTimers(): void {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }
}

function byteLength(frame: ClientFrame): number {
  return new TextEncoder().encode(JSON.stringify(frame)).length;
}

function tooLarge(details: { readonly size_bytes: number; readonly limit: number }): Outcome {
  return { type: "error", code: "frame_too_large", message: "", details };
}
