/** The figures of one answer, and of one conversation. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChatState } from "@/chat/context";
import { rowsOf } from "@/chat/rows";
import { numberText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import type { Generation } from "@/lib/store/feed";
import { Dialog } from "@/lib/ui/dialog";
import type { ConversationView } from "@/lib/wire/views";

type Figures = readonly (readonly [name: string, value: string])[];

interface AnswerDetailsProps {
  readonly generation: Generation;
  readonly onClose: () => void;
}

export function AnswerDetails({ generation, onClose }: AnswerDetailsProps): ReactNode {
  const { t } = useTranslation();
  const locale = useChatState((state) => localeOf(state.me.language));
  const model = useChatState((state) => modelName(state.models, generation.model));
  const { usage, timings, context } = generation;
  const unknown = t("details.unknown");
  const seconds = (value: number | null | undefined): string =>
    value == null ? unknown : t("details.seconds", { value: numberText(value, locale, 2) });
  const speed = tokensPerSecond(generation);
  const left_out = context?.num_left_out ?? context?.left_out_message_ids.length ?? 0;
  const figures: Figures = [
    [t("details.model"), model],
    [t("details.temperature"), numberText(generation.temperature, locale, 2)],
    [t("details.firstToken"), seconds(timings?.first_token_s)],
    [t("details.speed"), speed === null ? unknown : t("details.perSecond", { value: numberText(speed, locale, 1) })],
    [t("details.total"), seconds(timings?.total_s)],
    [
      t("details.prompt"),
      context === null
        ? unknown
        : t("details.tokensOf", {
            count: numberText(context.num_prompt_tokens, locale),
            size: numberText(context.context_window, locale),
          }),
    ],
    [
      t("details.completion"),
      usage === null ? unknown : t("details.tokens", { count: numberText(usage.num_completion_tokens, locale) }),
    ],
    [t("details.leftOut"), left_out === 0 ? t("details.leftOutNone") : t("details.leftOut", { count: left_out })],
    ...(generation.attempt > 1 ? [[t("details.attempt"), String(generation.attempt)] as const] : []),
  ];
  return <FiguresDialog title={t("details.title")} figures={figures} onClose={onClose} />;
}

interface ConversationDetailsProps {
  readonly conversation: ConversationView;
  readonly onClose: () => void;
}

export function ConversationDetails({ conversation, onClose }: ConversationDetailsProps): ReactNode {
  const { t } = useTranslation();
  const locale = useChatState((state) => localeOf(state.me.language));
  const model = useChatState((state) => modelName(state.models, conversation.model));
  const shown = useChatState((state) => rowsOf(state, conversation.id).length);
  const all = useChatState((state) => countMessages(state.feed.messages.get(conversation.id)?.values()));
  const at = (time: string): string =>
    new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
  const { template } = conversation;
  const figures: Figures = [
    [t("details.model"), model],
    [t("details.temperature"), numberText(conversation.temperature, locale, 2)],
    ...(template === null
      ? []
      : [[t("details.template"), t("details.version", { title: template.title, version: template.version })] as const]),
    [t("details.messages"), t("details.branches", { shown, all })],
    [t("details.created"), at(conversation.created_at)],
    [t("details.updated"), at(conversation.updated_at)],
  ];
  return <FiguresDialog title={t("details.conversationTitle")} figures={figures} onClose={onClose} />;
}

interface FiguresDialogProps {
  readonly title: string;
  readonly figures: Figures;
  readonly onClose: () => void;
}

function FiguresDialog({ title, figures, onClose }: FiguresDialogProps): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <dl className="figures" data-testid="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function modelName(models: readonly { readonly slug: string; readonly name: string }[], slug: string): string {
  return models.find((model) => model.slug === slug)?.name ?? slug;
}

function countMessages(messages: Iterable<{ readonly role: string }> | undefined): number {
  return [...(messages ?? [])].filter(({ role }) => role !== "system").length;
}

/** Of the writing alone: the time before the first token was reading. */
function tokensPerSecond({ usage, timings }: Generation): number | null {
  if (usage === null || timings?.first_token_s == null) return null;
  const writing_s = timings.total_s - timings.first_token_s;
  return writing_s > 0 && usage.num_completion_tokens > 1 ? (usage.num_completion_tokens - 1) / writing_s : null;
}
