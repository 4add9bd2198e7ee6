/**
 * Above the composer: why the last thing asked for did not happen, in the operator's words where there are any, and what
 * a reviewer made of texts that were refused.
 */

import { MessageSquareCheck, ShieldAlert, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { appealOf, reviewedOf } from "@/chat/reading";
import type { AskedReview, Refused } from "@/chat/state";
import { categoryText, detailText, refusalText, timeText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import { isReviewed } from "@/lib/store/feed";
import { sameItems } from "@/lib/store/store";
import { Button, IconButton } from "@/lib/ui/controls";
import type { Id } from "@/lib/wire/views";

import { AskReview } from "../messages/ask-review";

export function Notices({ place }: { readonly place: Id }): ReactNode {
  const refusal = useChatState((state) => state.refusals.get(place));
  const reviewed = useChatState((state) => reviewedOf(state, place), sameItems);
  return (
    <>
      {reviewed.map((asked) => (
        <ReviewedCard key={asked.decision_id} asked={asked} />
      ))}
      {refusal !== undefined && <NoticeCard refusal={refusal} place={place} />}
    </>
  );
}

function NoticeCard({ refusal, place }: { readonly refusal: Refused; readonly place: Id }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const decision_id = detailText(refusal, "decision_id");
  const appeal = useChatState((state) => (decision_id === null ? "none" : appealOf(state, decision_id)));
  if (isReviewed(appeal)) return null; // its own card says so
  return (
    <section className="notice-card" role="status" data-testid="notice-card" data-code={refusal.code}>
      {refusal.code === "input_blocked" ? <ShieldAlert size={18} aria-hidden /> : <TriangleAlert size={18} aria-hidden />}
      <div>
        <NoticeText refusal={refusal} />
        {decision_id !== null && (
          <AskReview appeal={appeal} onAsk={(words) => chat.appealRefused(place, words)} />
        )}
      </div>
      <IconButton label={t("common.dismiss")} onClick={() => chat.refusalDismiss(place)}>
        <X size={16} aria-hidden />
      </IconButton>
    </section>
  );
}

function NoticeText({ refusal }: { readonly refusal: Refused }): ReactNode {
  const { t } = useTranslation();
  const locale = useChatState((state) => localeOf(state.me.language));
  const until = detailText(refusal, "until");
  if (refusal.code === "conduct_throttled" && until !== null)
    return (
      <>
        <p>
          <strong>{t("notice.throttled", { time: timeText(until, locale) })}</strong>
        </p>
        <p>{detailText(refusal, "notice") ?? refusal.message}</p>
      </>
    );
  if (refusal.code !== "input_blocked") return <p>{refusalText(t, refusal)}</p>;
  const category = categoryText(t, detailText(refusal, "category") ?? "");
  return (
    <>
      <p>
        <strong>{t("notice.blocked", { category })}</strong>
      </p>
      <p>{detailText(refusal, "notice") ?? refusal.message}</p>
      <p className="meta">{t("notice.blockedBack")}</p>
    </>
  );
}

/** Nothing of the text was stored: what a reviewer gives back is the right to send it, and the words from this browser. */
function ReviewedCard({ asked }: { readonly asked: AskedReview }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const is_overturned = useChatState((state) => appealOf(state, asked.decision_id) === "overturned");
  return (
    <section className="notice-card" role="status" data-testid="reviewed-card" data-overturned={is_overturned}>
      <MessageSquareCheck size={18} aria-hidden />
      <div>
        <p>
          <strong>{t(is_overturned ? "review.inputOverturned" : "review.inputConfirmed")}</strong>
        </p>
        {asked.text !== "" && <p className="reviewed-text">{asked.text}</p>}
        {is_overturned && (
          <>
            <p className="meta">{t("review.inputHint")}</p>
            {asked.text !== "" && (
              <div className="card-actions">
                <Button onClick={() => chat.reviewedPutBack(asked.decision_id)} data-testid="put-back">
                  {t("review.putBack")}
                </Button>
              </div>
            )}
          </>
        )}
      </div>
      <IconButton label={t("common.dismiss")} onClick={() => chat.reviewedDismiss(asked.decision_id)}>
        <X size={16} aria-hidden />
      </IconButton>
    </section>
  );
}
