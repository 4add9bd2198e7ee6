/** Every call of docs/api.md's REST table, one function each. */

import type { Decoder } from "@/lib/wire/decode";
import type { Rest } from "@/lib/wire/rest";
import {
  appealView,
  type AppealView,
  conversationPage,
  type ConversationPage,
  conversationView,
  type ConversationView,
  conversationWindow,
  type ConversationWindow,
  type Id,
  me,
  type Me,
  modelList,
  type ModelView,
  place,
  type Place,
  type PromptTemplate,
  type SkeletonPage,
  skeletonPage,
  templateList,
} from "@/lib/wire/views";

import { request, urlOf } from "./client";

const nothing: Decoder<undefined> = () => undefined;

/** A body as this page writes it: what it does not mean to say is left out, not null. */
type Body<T> = { readonly [Field in keyof T]: NonNullable<T[Field]> };

/** A conversation to be; fields left out take the server's defaults. */
export type NewConversation = Body<Rest["ConversationIn"]>;

export type ChosenTemplate = Rest["TemplateChoiceIn"];

export type ConversationChange = Body<Rest["ConversationPatch"]>;

/** A message and so many above it. */
export interface Around {
  readonly at: Id;
  readonly before: number;
}

export type ExportFormat = "json" | "markdown";

const appealBody = (words: string): Rest["AppealIn"] => ({ words });

export const api = {
  me: (): Promise<Me> => request({ path: "/me", answer: me }),

  meChange: (change: Body<Rest["MePatch"]>): Promise<Me> =>
    request({ method: "PATCH", path: "/me", body: change, answer: me }),

  models: async (): Promise<readonly ModelView[]> => (await request({ path: "/models", answer: modelList })).items,

  promptTemplates: async (): Promise<readonly PromptTemplate[]> =>
    (await request({ path: "/prompt-templates", answer: templateList })).items,

  conversationPage: (query: string, page: string | null, num_rows: number): Promise<ConversationPage> =>
    request({
      path: "/conversations",
      query: { query: query === "" ? null : query, page, limit: String(num_rows) },
      answer: conversationPage,
    }),

  conversationCreate: (body: NewConversation): Promise<ConversationView> =>
    request({ method: "POST", path: "/conversations", body, answer: conversationView }),

  /** The branch around a message; without one, around the message in view. */
  conversationWindow: (id: Id, around?: Around): Promise<ConversationWindow> =>
    request({
      path: `/conversations/${id}/window`,
      query: around === undefined ? {} : { at: around.at, before: String(around.before), after: "0" },
      answer: conversationWindow,
    }),

  conversationSkeleton: (id: Id, after: Id | null): Promise<SkeletonPage> =>
    request({ path: `/conversations/${id}/skeleton`, query: { after }, answer: skeletonPage }),

  conversationChange: (id: Id, change: ConversationChange): Promise<ConversationView> =>
    request({ method: "PATCH", path: `/conversations/${id}`, body: change, answer: conversationView }),

  conversationDelete: (id: Id): Promise<undefined> =>
    request({ method: "DELETE", path: `/conversations/${id}`, answer: nothing }),

  place: (generation_id: Id): Promise<Place> =>
    request({ path: `/generations/${generation_id}/place`, answer: place }),

  messageAppeal: (message_id: Id, words: string): Promise<AppealView> =>
    request({ method: "POST", path: `/messages/${message_id}/appeal`, body: appealBody(words), answer: appealView }),

  decisionAppeal: (decision_id: Id, words: string): Promise<AppealView> =>
    request({ method: "POST", path: `/decisions/${decision_id}/appeal`, body: appealBody(words), answer: appealView }),

  appeal: (decision_id: Id): Promise<AppealView> =>
    request({ path: `/decisions/${decision_id}/appeal`, answer: appealView }),
};

export type Api = typeof api;

/** An address to navigate to, not to fetch: the answer is an attachment. */
export function exportUrl(id: Id, format: ExportFormat): string {
  return urlOf(`/conversations/${id}/export`, { format });
}
