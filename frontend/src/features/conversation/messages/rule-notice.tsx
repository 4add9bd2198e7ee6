/** Beside a message that a rule let stand: a warning, or who wrote the answer in the model's place. */

import { Info, LifeBuoy } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { categoryText } from "@/chat/words";
import type { MessageView } from "@/lib/wire/views";

interface RuleNoticeProps {
  readonly message: Pick<MessageView, "role" | "notice">;
  /** A model wrote the beginning of the answer. */
  readonly is_begun_by_model?: boolean;
}

export function RuleNotice({ message: { role, notice }, is_begun_by_model = false }: RuleNoticeProps): ReactNode {
  const { t } = useTranslation();
  if (notice === null) return null;
  const category = categoryText(t, notice.category);
  if (notice.action === "warn")
    return (
      <Card icon={<Info size={18} aria-hidden />} action="warn" words={notice.text}>
        {t(role === "user" ? "message.warnedMine" : "message.warned", { category })}
      </Card>
    );
  if (notice.action === "safe_completion")
    return (
      <Card icon={<LifeBuoy size={18} aria-hidden />} action="safe_completion" words={notice.text}>
        {t(is_begun_by_model ? "message.operatorRest" : "message.operatorAnswer")}
      </Card>
    );
  return null;
}

interface CardProps {
  readonly icon: ReactNode;
  readonly action: string;
  /** The operator's own. */
  readonly words: string;
  readonly children: ReactNode;
}

function Card({ icon, action, words, children }: CardProps): ReactNode {
  return (
    <aside className="rule-notice" data-testid="rule-notice" data-action={action}>
      {icon}
      <div>
        <p>{children}</p>
        {words !== "" && <p className="quiet">{words}</p>}
      </div>
    </aside>
  );
}
