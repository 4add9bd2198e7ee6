/**
 * The views of rows that events and REST answers share: chatapp/feed/events.py and the REST table, as decoders.
 *
 * What a decoder takes is held to what the API says it sends (`rest.ts`, generated): the types at the end do it.
 */

import { array, boolean, type Decoded, type Decoder, literal, nullable, number, object, record, string } from "./decode";
import type { Rest } from "./rest";

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
  /** Null in an event from before it was counted: then all of them are named. */
  num_left_out: nullable(number),
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

export const conversationWindow = object({
  feed: nullable(string),
  conversation: conversationView,
  messages: array(messageView),
  generations: array(generationView),
  is_whole: boolean,
});

const parent: Decoder<string | number | null> = (value, path) =>
  typeof value === "number" ? value : nullable(string)(value, path);

const restored: Decoder<Readonly<Record<string, string>>> = (value, path) =>
  Object.fromEntries(Object.entries(record(value, path)).map(([id, from]) => [id, string(from, `${path}.${id}`)]));

export const skeletonPage = object({
  feed: nullable(string),
  ids: array(string),
  parents: array(parent),
  roles: string,
  states: string,
  restored,
  next_after: nullable(string),
});

export const modelList = object({ items: array(modelView) });
export const templateList = object({ items: array(promptTemplate) });

/** As the API writes it: a field that has a default is there all the same. */
type Sent<T> = T extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]-?: Sent<T[Field]> }
    : T;

/**
 * What a decoder makes of an answer, if it takes all that the API may send. A field that the API renames or drops, a
 * null or a choice that it adds: each is an error where this is named. Fields that the page does not read may come.
 */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- only its bound is wanted
type Read<_Answer extends View, View> = View;

export type Role = MessageView["role"];
export type MessageState = MessageView["state"];
export type GenerationStatus = GenerationView["status"];
export type FinishReason = NonNullable<GenerationView["finish_reason"]>;
export type AppealState = AppealView["state"];
export type Language = Me["language"];
export type Notice = Read<Sent<Rest["Notice"]>, Decoded<typeof notice>>;
export type AppealView = Read<Sent<Rest["AppealView"]>, Decoded<typeof appealView>>;
export type ConversationView = Read<Sent<Rest["ConversationView"]>, Decoded<typeof conversationView>>;
export type MessageView = Read<Sent<Rest["MessageView"]>, Decoded<typeof messageView>>;
export type GenerationView = Read<Sent<Rest["GenerationView"]>, Decoded<typeof generationView>>;
export type Me = Read<Sent<Rest["MeOut"]>, Decoded<typeof me>>;
export type ModelView = Read<Sent<Rest["ModelOut"]>, Decoded<typeof modelView>>;
export type PromptTemplate = Read<Sent<Rest["TemplateOut"]>, Decoded<typeof promptTemplate>>;
export type Place = Read<Sent<Rest["PlaceOut"]>, Decoded<typeof place>>;
export type ConversationPage = Read<Sent<Rest["ConversationPageOut"]>, Decoded<typeof conversationPage>>;
export type ConversationSnapshot = Read<Sent<Rest["ConversationSnapshotOut"]>, Decoded<typeof conversationSnapshot>>;
export type ConversationWindow = Read<Sent<Rest["ConversationWindowOut"]>, Decoded<typeof conversationWindow>>;
export type SkeletonPage = Read<Sent<Rest["SkeletonOut"]>, Decoded<typeof skeletonPage>>;
export type ModelList = Read<Sent<Rest["ModelList"]>, Decoded<typeof modelList>>;
export type TemplateList = Read<Sent<Rest["TemplateList"]>, Decoded<typeof templateList>>;
