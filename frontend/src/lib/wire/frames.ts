/** Every frame of the WebSocket: chatapp/realtime/frames.py. Frames from the server are decoded, ours are only typed. */

import { array, type Decoded, literal, nullable, number, object, record, string, variants } from "./decode";
import { feedEvent } from "./events";
import type { Id } from "./views";

/** The server's MAX_FRAME_BYTES, until `ready` says it again. */
export const MAX_FRAME_BYTES = 64 * 1024;

export const serverFrame = variants({
  ready: object({
    protocol: number,
    socket_id: string,
    user_id: string,
    max_frame_bytes: number,
    max_text_chars: number,
  }),
  events: object({ number, feed: nullable(string), events: array(feedEvent) }),
  reply: object({ request_id: string, message_id: nullable(string), generation_id: nullable(string) }),
  error: object({ request_id: nullable(string), code: string, message: string, details: record }),
  resync: object({ reason: literal("slow_reader", "cursor_expired", "restarted") }),
  pong: object({}),
});

export type ServerFrame = Decoded<typeof serverFrame>;
export type EventsFrame = Extract<ServerFrame, { type: "events" }>;

export interface Watch {
  readonly type: "watch";
  readonly feed: string | null;
  readonly conversation_ids: readonly Id[];
  readonly generations: Readonly<Record<Id, number>>;
}

/** What a program may ask of an answer; this page asks nothing. */
export interface Sampling {
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly max_new_tokens?: number;
  readonly num_logprobs?: number;
}

export interface TurnStart {
  readonly type: "turn.start";
  readonly request_id: string;
  readonly conversation_id: Id;
  readonly parent_id: Id | null;
  readonly client_message_id: Id;
  readonly text: string;
  readonly sampling?: Sampling;
}

export interface TurnRegenerate {
  readonly type: "turn.regenerate";
  readonly request_id: string;
  readonly message_id: Id;
  readonly client_turn_id: Id;
}

export interface GenerationCancel {
  readonly type: "generation.cancel";
  readonly request_id: string;
  readonly generation_id: Id;
}

/** A frame that the server answers with `reply` or `error`. */
export type Command = TurnStart | TurnRegenerate | GenerationCancel;
export type ClientFrame = Watch | Command | { readonly type: "ack"; readonly number: number } | { readonly type: "ping" };

/** What a command came to. */
export type Outcome =
  | { readonly type: "reply"; readonly message_id: Id | null; readonly generation_id: Id | null }
  | Refusal;

/** Why something was refused, by the server or by our own check before sending. */
export interface Refusal {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}
