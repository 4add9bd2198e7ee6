/** “Ask for review”, a few words with it, and afterwards how the question stands. */

import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "@/lib/ui/controls";
import { useGrowing } from "@/lib/ui/growing";
import type { AppealState } from "@/lib/wire/views";

/** The server's MAX_APPEAL_CHARS. */
const MAX_CHARS = 500;

interface AskReviewProps {
  readonly appeal: AppealState;
  /** What the closed form stands beside. */
  readonly children?: ReactNode;
  /** True once it is asked. */
  readonly onAsk: (words: string) => Promise<boolean>;
}

export function AskReview({ appeal, children, onAsk }: AskReviewProps): ReactNode {
  const { t } = useTranslation();
  const [is_open, setOpen] = useState(false);
  if (appeal !== "none")
    return (
      <>
        <p className="review-state" role="status" data-testid="review-state" data-appeal={appeal}>
          {t(`review.${appeal}`)}
        </p>
        {children !== undefined && <div className="card-actions">{children}</div>}
      </>
    );
  if (is_open) return <AskForm onAsk={onAsk} onClose={() => setOpen(false)} />;
  return (
    <div className="card-actions">
      {children}
      <Button onClick={() => setOpen(true)} data-testid="ask-review">
        {t("review.ask")}
      </Button>
    </div>
  );
}

interface AskFormProps {
  readonly onAsk: (words: string) => Promise<boolean>;
  readonly onClose: () => void;
}

function AskForm({ onAsk, onClose }: AskFormProps): ReactNode {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [is_sending, setSending] = useState(false);
  const field = useGrowing(words);
  const send = async (): Promise<void> => {
    setSending(true);
    if (!(await onAsk(words.trim()))) setSending(false); // once it is asked, this form gives way to the answer
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void send();
  };
  return (
    <form
      className="ask-review"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label className="field">
        <span className="field-label">{t("review.label")}</span>
        <textarea
          ref={field}
          className="input"
          rows={2}
          value={words}
          maxLength={MAX_CHARS}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- it opens because somebody asked for it
          autoFocus
          data-testid="review-words"
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <p className="meta">{t("review.hint")}</p>
      <div className="card-actions">
        <Button look="accent" type="submit" disabled={is_sending} data-testid="review-send">
          {t("review.send")}
        </Button>
        <Button onClick={onClose} data-testid="review-cancel">
          {t("common.cancel")}
        </Button>
      </div>
    </form>
  );
}
