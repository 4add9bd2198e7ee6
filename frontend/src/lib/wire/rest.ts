/**
 * The shapes of REST v1. Generated, not to be edited: `npm run rest` in frontend/.
 *
 * contract sha256:119fe1ae263a259385b69cc1140a47abd275d36341b67ba3283b5c69018728f3
 * types sha256:2019fffd0c66283689bf6b22895bdd80ec2cc0ada3a982ce39efa530e7d235c9
 */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description `words` may be empty: that somebody asks is enough. */
        readonly AppealIn: {
            /** @default  */
            readonly words: string;
        };
        /** @description A person's question for review. `message_id` is None for a text that was refused and never stored. */
        readonly AppealView: {
            /** Format: uuid */
            readonly conversation_id: string;
            /** Format: uuid */
            readonly decision_id: string;
            readonly message_id: string | null;
            /** @enum {string} */
            readonly state: "none" | "waiting" | "confirmed" | "overturned";
        };
        /**
         * @description What the model was given of the branch: how many messages went in, and how many older ones did not fit.
         *
         *     `left_out_message_ids`: of those, the newest MAX_NAMED_LEFT_OUT, oldest first; whoever names more has them counted.
         */
        readonly ContextReport: {
            readonly context_window: number;
            readonly left_out_message_ids: readonly string[];
            /** @default 0 */
            readonly num_left_out: number;
            readonly num_messages: number;
            readonly num_prompt_tokens: number;
        };
        readonly ConversationIn: {
            /** Format: uuid */
            readonly id: string;
            readonly model?: string | null;
            readonly temperature?: number | null;
            readonly template?: components["schemas"]["TemplateChoiceIn"] | null;
        };
        readonly ConversationPageOut: {
            readonly feed: string;
            readonly items: readonly components["schemas"]["ConversationView"][];
            readonly next_page: string | null;
        };
        readonly ConversationPatch: {
            readonly active_leaf_id?: string | null;
            readonly model?: string | null;
            readonly temperature?: number | null;
            readonly title?: string | null;
        };
        readonly ConversationSnapshotOut: {
            readonly conversation: components["schemas"]["ConversationView"];
            readonly feed: string;
            readonly generations: readonly components["schemas"]["GenerationView"][];
            readonly messages: readonly components["schemas"]["MessageView"][];
        };
        readonly ConversationView: {
            readonly active_leaf_id: string | null;
            /** Format: date-time */
            readonly created_at: string;
            /** Format: uuid */
            readonly id: string;
            readonly model: string;
            readonly row_version: number;
            readonly temperature: number;
            readonly template: components["schemas"]["TemplateRef"] | null;
            readonly title: string;
            /** Format: date-time */
            readonly updated_at: string;
        };
        /** @description The same of a part of the tree; `is_whole`: there are no other messages. */
        readonly ConversationWindowOut: {
            readonly conversation: components["schemas"]["ConversationView"];
            readonly feed: string;
            readonly generations: readonly components["schemas"]["GenerationView"][];
            readonly is_whole: boolean;
            readonly messages: readonly components["schemas"]["MessageView"][];
        };
        /** @description What serves a model, and which optional parameters a turn may ask of it. */
        readonly EngineOut: {
            readonly kind: string;
            readonly parameters: readonly string[];
            readonly reason: string;
        };
        /** @description `text` and `seq` are of one moment: the text so far holds exactly the deltas up to `seq`. */
        readonly GenerationView: {
            readonly attempt: number;
            readonly context: components["schemas"]["ContextReport"] | null;
            /** Format: uuid */
            readonly conversation_id: string;
            /** Format: date-time */
            readonly created_at: string;
            readonly error_code: string | null;
            readonly error_details: {
                readonly [key: string]: unknown;
            } | null;
            readonly finish_reason: ("stop" | "length" | "content_filter" | "cancelled" | "error") | null;
            /** Format: uuid */
            readonly id: string;
            /** Format: uuid */
            readonly message_id: string;
            readonly model: string;
            readonly seq: number;
            /** @enum {string} */
            readonly status: "queued" | "running" | "completed" | "cancelled" | "failed";
            readonly temperature: number;
            readonly text: string;
            readonly timings: components["schemas"]["Timings"] | null;
            readonly usage: components["schemas"]["Usage"] | null;
        };
        readonly MeOut: {
            readonly display_name: string;
            readonly email: string;
            /** Format: uuid */
            readonly id: string;
            readonly is_staff: boolean;
            /** @enum {string} */
            readonly language: "en" | "zh-hans";
            readonly max_text_chars: number;
        };
        readonly MePatch: {
            readonly display_name?: string | null;
            readonly language?: ("en" | "zh-hans") | null;
        };
        /**
         * @description `text` is None while the answer is written, and once erased; a withheld answer keeps what was released before.
         *
         *     `appeal` says how the person's question for review stands; it only ever goes on.
         */
        readonly MessageView: {
            /**
             * @default none
             * @enum {string}
             */
            readonly appeal: "none" | "waiting" | "confirmed" | "overturned";
            readonly client_message_id: string | null;
            /** Format: uuid */
            readonly conversation_id: string;
            /** Format: date-time */
            readonly created_at: string;
            /** Format: uuid */
            readonly id: string;
            readonly notice: components["schemas"]["Notice"] | null;
            readonly parent_id: string | null;
            readonly restored_from: string | null;
            /** @enum {string} */
            readonly role: "system" | "user" | "assistant";
            /** @enum {string} */
            readonly state: "visible" | "held" | "withheld" | "erased";
            readonly text: string | null;
        };
        readonly ModelList: {
            readonly items: readonly components["schemas"]["ModelOut"][];
        };
        readonly ModelOut: {
            readonly context_window: number;
            readonly description: string;
            readonly engine: components["schemas"]["EngineOut"] | null;
            readonly is_available: boolean;
            readonly is_default: boolean;
            readonly max_new_tokens: number;
            readonly name: string;
            readonly slug: string;
        };
        /**
         * @description What a rule did to a message: the category and the operator's own words.
         *
         *     action: None where it was written before that was kept, or by a person.
         */
        readonly Notice: {
            readonly action?: ("warn" | "redact" | "replace" | "safe_completion" | "block") | null;
            readonly category: string;
            readonly text: string;
        };
        readonly PlaceOut: {
            readonly is_worker_available: boolean;
            readonly position: number;
            /** @enum {string} */
            readonly status: "queued" | "running" | "completed" | "cancelled" | "failed";
        };
        /**
         * @description Which messages there are, oldest first, a column each: of ten thousand, a quarter of a megabyte.
         *
         *     parents: a message of this page by its index, one of an earlier page by its id, null for a root.
         *     roles, states: one letter a message, the first of its word.
         *     restored: an answer that a reviewer gave back → the one it was taken from.
         */
        readonly SkeletonOut: {
            readonly feed: string;
            readonly ids: readonly string[];
            readonly next_after: string | null;
            readonly parents: readonly (number | string | null)[];
            readonly restored: {
                readonly [key: string]: string;
            };
            readonly roles: string;
            readonly states: string;
        };
        readonly TemplateChoiceIn: {
            readonly slug: string;
            readonly variables?: {
                readonly [key: string]: string;
            };
            readonly version: number;
        };
        readonly TemplateList: {
            readonly items: readonly components["schemas"]["TemplateOut"][];
        };
        readonly TemplateOut: {
            readonly description: string;
            readonly slug: string;
            readonly title: string;
            readonly variables: readonly components["schemas"]["VariableOut"][];
            readonly version: number;
        };
        /** @description The prompt template version a conversation began with. */
        readonly TemplateRef: {
            readonly slug: string;
            readonly title: string;
            readonly version: number;
        };
        /** @description Seconds as the model worker measured them. */
        readonly Timings: {
            readonly first_token_s: number | null;
            readonly total_s: number;
        };
        readonly Usage: {
            readonly num_completion_tokens: number;
            readonly num_prompt_tokens: number;
        };
        readonly VariableOut: {
            readonly default: string;
            readonly label: string;
            readonly name: string;
            readonly required: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

/** By the name that Python gives the shape. */
export type Rest = components["schemas"];
