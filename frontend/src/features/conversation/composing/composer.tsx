/** Where the person writes. Enter sends, Shift+Enter breaks the line; the draft outlives the page. */

import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { windowUseOf } from "@/chat/reading";
import { NEW } from "@/chat/state";
import { numberText } from "@/chat/words";
import { localeOf } from "@/lib/i18n/i18n";
import { IconButton } from "@/lib/ui/controls";
import { useGrowing } from "@/lib/ui/growing";
import { useMediaQuery } from "@/lib/ui/hooks";
import type { Id } from "@/lib/wire/views";

/** Say how many characters are left once this share of them is used. */
const NEAR_LIMIT = 0.9;

interface ComposerProps {
  readonly conversation_id: Id | null;
  readonly is_writing: boolean;
  /** False: the text stays where it is. */
  readonly onSend: (text: string) => boolean;
}

export function Composer({ conversation_id, is_writing, onSend }: ComposerProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const place = conversation_id ?? NEW;
  const text = useChatState((state) => state.drafts.get(place) ?? "");
  const max_chars = useChatState((state) => state.me.max_text_chars);
  const field = useGrowing(text);
  const has_mouse = useMediaQuery("(hover: hover)");
  const left = charsLeft(text, max_chars);
  const can_send = text.trim() !== "" && left >= 0 && !is_writing;

  useEffect(() => {
    if (has_mouse) field.current?.focus(); // on a phone this would open the keyboard over the conversation
  }, [field, place, has_mouse]);

  const send = (): void => {
    if (can_send && onSend(text.trim())) field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  };
  return (
    <>
      <div className="composer">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={t("composer.placeholder")}
          aria-label={t("composer.label")}
          data-testid="composer-input"
          onChange={(event) => chat.draftChange(place, event.target.value)}
          onKeyDown={onKeyDown}
        />
        {is_writing ? (
          <IconButton
            label={t("composer.stop")}
            className="composer-button"
            data-testid="composer-stop"
            onClick={() => conversation_id !== null && chat.stop(conversation_id)}
          >
            <Square size={14} fill="currentColor" aria-hidden />
          </IconButton>
        ) : (
          <IconButton
            label={t("composer.send")}
            className="composer-button"
            data-testid="composer-send"
            aria-disabled={!can_send}
            onClick={send}
          >
            <ArrowUp size={18} aria-hidden />
          </IconButton>
        )}
      </div>
      <FootLine conversation_id={conversation_id} left={left} max_chars={max_chars} />
    </>
  );
}

/** While an input method composes, Enter chooses a word; Safari reports the last one only by its old key code. */
function isComposing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** Code points, as the server counts; only near the limit is it worth counting them. */
function charsLeft(text: string, max_chars: number): number {
  return max_chars - (text.length < max_chars * NEAR_LIMIT ? text.length : Array.from(text.trim()).length);
}

interface FootLineProps {
  readonly conversation_id: Id | null;
  readonly left: number;
  readonly max_chars: number;
}

function FootLine({ conversation_id, left, max_chars }: FootLineProps): ReactNode {
  const { t } = useTranslation();
  const locale = useChatState((state) => localeOf(state.me.language));
  const use = useChatState(
    (state) => (conversation_id === null ? null : windowUseOf(state, conversation_id)),
    (a, b) => a?.used === b?.used && a?.size === b?.size,
  );
  if (left < max_chars * (1 - NEAR_LIMIT))
    return (
      <p className="foot-line" data-tone={left < 0 ? "warning" : undefined} role="status" data-testid="char-limit">
        {left < 0 ? t("composer.over", { count: -left }) : t("composer.left", { count: left })}
      </p>
    );
  return (
    <p className="foot-line">
      {t("composer.caution")}
      {use !== null && (
        <span data-testid="window-use">
          {t("composer.window", { used: numberText(use.used, locale), size: numberText(use.size, locale) })}
        </span>
      )}
    </p>
  );
}
