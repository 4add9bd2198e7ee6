/** Above the composer: why the last thing asked for did not happen, in the operator's words where there are any. */

import { ShieldAlert, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/lib/chat/context";
import { categoryText, detailText, refusalText, timeText } from "@/lib/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import { IconButton } from "@/lib/ui/controls";
import type { Refusal } from "@/lib/wire/frames";
import type { Id } from "@/lib/wire/views";

export function NoticeCard({ conversation_id }: { readonly conversation_id: Id }): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const refusal = useChatState((state) => state.refusals.get(conversation_id));
  if (refusal === undefined) return null;
  return (
    <section className="notice-card" role="status" data-testid="notice-card" data-code={refusal.code}>
      {refusal.code === "input_blocked" ? <ShieldAlert size={18} aria-hidden /> : <TriangleAlert size={18} aria-hidden />}
      <div>
        <NoticeText refusal={refusal} />
      </div>
      <IconButton label={t("common.dismiss")} onClick={() => chat.refusalDismiss(conversation_id)}>
        <X size={16} aria-hidden />
      </IconButton>
    </section>
  );
}

function NoticeText({ refusal }: { readonly refusal: Refusal }): ReactNode {
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
