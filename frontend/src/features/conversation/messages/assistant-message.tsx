/** The answer: Markdown over the full column, what became of it, and what can be done with it. */

import { EyeOff, Info, RotateCcw } from "lucide-react";
import { memo, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { generationOf, questionOf, restoredOf } from "@/chat/reading";
import type { Turn } from "@/chat/state";
import { categoryText, failureText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import { LazyMarkdown } from "@/lib/markdown/lazy-markdown";
import { type Generation, isLive } from "@/lib/store/feed";
import { Button, IconButton, join } from "@/lib/ui/controls";
import { CopyButton } from "@/lib/ui/copy-button";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { MessageView } from "@/lib/wire/views";

import { AskReview } from "./ask-review";
import { AnswerDetails } from "./details-dialog";
import { RuleNotice } from "./rule-notice";
import { SiblingSwitch } from "./sibling-switch";
import { SendingLine, WaitingLine } from "./waiting-line";

interface AssistantMessageProps {
  readonly message: MessageView;
  readonly siblings: readonly MessageNode[];
  readonly is_last: boolean;
}

export const AssistantMessage = memo(function AssistantMessage(props: AssistantMessageProps): ReactNode {
  const { message, siblings, is_last } = props;
  const { t } = useTranslation();
  const generation = useChatState((state) => generationOf(state.feed, message.id));
  const is_refused = useChatState((state) => questionOf(state, message)?.state === "withheld");
  const is_writing = generation !== undefined && isLive(generation.status);
  // The message is heard of a moment before the generation that writes it.
  const is_complete = generation === undefined ? message.text !== null || message.state !== "visible" : !is_writing;
  // A withheld answer keeps what had been released before the block; an erased one has nothing left.
  const text = message.state === "erased" ? "" : (message.text ?? generation?.text ?? "");
  // The card on the question says it all.
  if (is_refused && text === "") return null;
  return (
    <article
      className={join("message message-assistant", is_last && "is-last")}
      data-testid="message-assistant"
      data-message-id={message.id}
      data-state={stateOf(message, generation)}
      aria-busy={!is_complete}
    >
      <h2 className="visually-hidden">{t("message.answer")}</h2>
      {text !== "" && <AnswerText text={text} message={message} is_writing={is_writing && !generation.has_ended} />}
      {is_writing && !generation.has_ended && (text === "" || generation.status === "queued") && (
        <WaitingLine generation={generation} has_text={text !== ""} />
      )}
      {message.restored_from !== null && (
        <p className="outcome" data-testid="restored">
          {t("message.restored")}
        </p>
      )}
      {is_complete && <RuleNotice message={message} is_begun_by_model={generation !== undefined && generation.attempt > 0} />}
      {is_complete && <Outcome message={message} generation={generation} />}
      {is_complete && <Actions message={message} text={text} generation={generation} siblings={siblings} />}
    </article>
  );
});

/** One word for tests and style sheets: what the reader sees. */
function stateOf(message: MessageView, generation: Generation | undefined): string {
  if (message.state !== "visible") return message.state;
  if (generation === undefined) return message.text === null ? "queued" : "completed";
  if (generation.status !== "running") return generation.status;
  return generation.text === "" ? "reading" : "streaming";
}

interface AnswerTextProps {
  readonly text: string;
  readonly message: MessageView;
  readonly is_writing: boolean;
}

function AnswerText({ text, message, is_writing }: AnswerTextProps): ReactNode {
  const { t } = useTranslation();
  const category = categoryText(t, message.notice?.category ?? "");
  const redaction = category === "" ? t("message.redactedPlain") : t("message.redacted", { category });
  return (
    <div className={is_writing ? "answer is-writing" : "answer"}>
      <LazyMarkdown text={text} is_streaming={is_writing} redaction={redaction} />
    </div>
  );
}

interface OutcomeProps {
  readonly message: MessageView;
  readonly generation: Generation | undefined;
}

/** One line, with a verb that helps, for every end but the usual one. */
function Outcome({ message, generation }: OutcomeProps): ReactNode {
  const { t } = useTranslation();
  const locale = useChatState((state) => localeOf(state.me.language));
  if (message.state !== "visible") return <WithheldCard message={message} />;
  switch (generation?.finish_reason) {
    case "cancelled":
      return <Line text={t("message.cancelled")} message={message} />;
    case "error":
      return <Line text={failureText(t, generation, locale)} message={message} />;
    case "length":
      return <Line text={t("message.length")} message={message} />;
    case "content_filter":
      if (message.notice?.action === "safe_completion") return null;
      return <Line text={message.notice?.text ?? t("message.filtered")} message={message} />;
    case "stop":
    case null:
    case undefined:
      if (message.notice !== null && message.notice.action !== "warn")
        return (
          <div className="part-removed" data-testid="outcome">
            <p>
              {t("message.partRemoved", { category: categoryText(t, message.notice.category) })} {message.notice.text}
            </p>
            <MessageReview message={message} />
          </div>
        );
      return message.text === "" ? <Line text={t("message.empty")} message={message} /> : null;
  }
}

function Line({ text, message }: { readonly text: string; readonly message: MessageView }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  return (
    <p className="outcome" data-testid="outcome">
      {text}
      <Button look="quiet" onClick={() => chat.regenerate(message)} data-testid="try-again">
        {t("common.retry")}
      </Button>
    </p>
  );
}

function WithheldCard({ message }: { readonly message: MessageView }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const { state, notice } = message;
  const question = useChatState((all) => questionOf(all, message));
  return (
    <section className="withheld-card" data-testid="withheld-card">
      <EyeOff size={18} aria-hidden />
      <div>
        <p>
          {state === "held" || state === "erased"
            ? t(`message.${state}`)
            : notice === null
              ? t("message.withheldPlain")
              : t(message.text ? "message.withheldRest" : "message.withheld", {
                  category: categoryText(t, notice.category),
                })}
        </p>
        {notice !== null && <p className="quiet">{notice.text}</p>}
        <MessageReview message={message}>
          {question?.role === "user" && question.text !== null && (
            <Button onClick={() => chat.editOpen(question)} data-testid="edit-question">
              {t("message.editMine")}
            </Button>
          )}
        </MessageReview>
      </div>
    </section>
  );
}

interface MessageReviewProps {
  readonly message: MessageView;
  readonly children?: ReactNode;
}

/** A person may ask once; what came back stands beside, one click away. */
function MessageReview({ message, children }: MessageReviewProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const restored = useChatState((state) => restoredOf(state, message));
  if (message.state === "erased") return children;
  return (
    <AskReview appeal={message.appeal} onAsk={(words) => chat.appealMessage(message, words)}>
      {restored === undefined ? (
        children
      ) : (
        <Button onClick={() => chat.siblingOpen(message, restored.id)} data-testid="show-restored">
          {t("review.show")}
        </Button>
      )}
    </AskReview>
  );
}

interface ActionsProps {
  readonly message: MessageView;
  readonly text: string;
  readonly generation: Generation | undefined;
  readonly siblings: readonly MessageNode[];
}

function Actions({ message, text, generation, siblings }: ActionsProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const [has_details, setDetails] = useState(false);
  return (
    <div className="message-actions">
      <SiblingSwitch message={message} siblings={siblings} />
      {text !== "" && <CopyButton text={text} data-testid="copy" />}
      <IconButton label={t("message.regenerate")} data-testid="regenerate" onClick={() => chat.regenerate(message)}>
        <RotateCcw size={16} aria-hidden />
      </IconButton>
      {generation !== undefined && (
        <IconButton label={t("message.details")} data-testid="answer-details" onClick={() => setDetails(true)}>
          <Info size={16} aria-hidden />
        </IconButton>
      )}
      {has_details && generation !== undefined && (
        <AnswerDetails generation={generation} onClose={() => setDetails(false)} />
      )}
    </div>
  );
}

/** Where the answer will stand, before the server said that it has a place. */
export function PendingAnswer({ turn }: { readonly turn: Turn }): ReactNode {
  return (
    <article className="message message-assistant is-last" data-testid="message-assistant" data-state="sending" aria-busy>
      <SendingLine is_stopping={turn.is_cancel_wanted} />
    </article>
  );
}
