/** The views of rows that events and REST answers share: chatapp/feed/events.py and the REST table, as decoders. */

import { array, boolean, type Decoded, literal, nullable, number, object, record, string } from "./decode";

export type Id = string;

export const role = literal("system", "user", "assistant");
export const messageState = literal("visible", "held", "withheld", "erased");
export const generationStatus = literal("queued", "running", "completed", "cancelled", "failed");
export const finishReason = literal("stop", "length", "content_filter", "cancelled", "error");

export const appealState = literal("none", "waiting", "confirmed", "overturned");

export const templateRef = object({ slug: string, title: string, version: number });

export const conversationView = object({
  id: string,
  title: string,
  model: string,
  temperature: number,
  template: nullable(templateRef),
  active_leaf_id: nullable(string),
  row_version: number,
  created_at: string,
  updated_at: string,
});

/** `action` is a word, not a choice: an older page survives a newer server. */
export const notice = object({ category: string, text: string, action: nullable(string) });

export const messageView = object({
  id: string,
  conversation_id: string,
  parent_id: nullable(string),
  role,
  text: nullable(string),
  state: messageState,
  notice: nullable(notice),
  client_message_id: nullable(string),
  restored_from: nullable(string),
  appeal: appealState,
  created_at: string,
});

export const appealView = object({
  decision_id: string,
  conversation_id: string,
  message_id: nullable(string),
  state: appealState,
});

export const usage = object({ num_prompt_tokens: number, num_completion_tokens: number });
export const timings = object({ first_token_s: nullable(number), total_s: number });
export const contextReport = object({
  num_messages: number,
  num_prompt_tokens: number,
  context_window: number,
  left_out_message_ids: array(string),
});

export const generationView = object({
  id: string,
  conversation_id: string,
  message_id: string,
  status: generationStatus,
  finish_reason: nullable(finishReason),
  attempt: number,
  model: string,
  temperature: number,
  text: string,
  seq: number,
  usage: nullable(usage),
  timings: nullable(timings),
  context: nullable(contextReport),
  error_code: nullable(string),
  error_details: nullable(record),
  created_at: string,
});

export const language = literal("en", "zh-hans");

export const me = object({
  id: string,
  email: string,
  display_name: string,
  language,
  is_staff: boolean,
  max_text_chars: number,
});

export const modelView = object({
  slug: string,
  name: string,
  description: string,
  context_window: number,
  max_new_tokens: number,
  is_default: boolean,
  is_available: boolean,
});

export const templateVariable = object({
  name: string,
  label: string,
  required: boolean,
  default: nullable(string),
});

export const promptTemplate = object({
  slug: string,
  title: string,
  description: string,
  version: number,
  variables: array(templateVariable),
});

export const place = object({ status: generationStatus, position: nullable(number), is_worker_available: boolean });

export const conversationPage = object({
  feed: nullable(string),
  items: array(conversationView),
  next_page: nullable(string),
});

export const conversationSnapshot = object({
  feed: nullable(string),
  conversation: conversationView,
  messages: array(messageView),
  generations: array(generationView),
});

export const modelList = object({ items: array(modelView) });
export const templateList = object({ items: array(promptTemplate) });

export type Role = Decoded<typeof role>;
export type MessageState = Decoded<typeof messageState>;
export type GenerationStatus = Decoded<typeof generationStatus>;
export type FinishReason = Decoded<typeof finishReason>;
export type AppealState = Decoded<typeof appealState>;
export type AppealView = Decoded<typeof appealView>;
export type ConversationView = Decoded<typeof conversationView>;
export type Notice = Decoded<typeof notice>;
export type MessageView = Decoded<typeof messageView>;
export type GenerationView = Decoded<typeof generationView>;
export type Language = Decoded<typeof language>;
export type Me = Decoded<typeof me>;
export type ModelView = Decoded<typeof modelView>;
export type PromptTemplate = Decoded<typeof promptTemplate>;
export type Place = Decoded<typeof place>;
export type ConversationPage = Decoded<typeof conversationPage>;
export type ConversationSnapshot = Decoded<typeof conversationSnapshot>;
