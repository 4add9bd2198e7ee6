/** Before the first token: a line that says what is true. */

import { type ReactNode, useEffect, useState } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import type { Generation } from "@/lib/store/feed";
import type { Id, Place } from "@/lib/wire/views";

/** The place in the queue changes when others finish: seconds, not milliseconds. */
const ASK_EVERY_MS = 2000;

interface WaitingLineProps {
  readonly generation: Generation;
  /** There is text already: a worker was lost in the middle of it. */
  readonly has_text: boolean;
}

export function WaitingLine({ generation, has_text }: WaitingLineProps): ReactNode {
  const { t } = useTranslation();
  const is_queued = generation.status === "queued";
  const place = usePlace(generation.id, is_queued);
  const words = is_queued ? queuedText(t, place) : readingText(t, generation);
  return <Waiting text={has_text ? `${t("waiting.interrupted")} ${words}` : words} />;
}

export function SendingLine({ is_stopping }: { readonly is_stopping: boolean }): ReactNode {
  const { t } = useTranslation();
  const is_connected = useChatState((state) => state.socket === "open" && !state.is_offline);
  if (is_stopping) return <Waiting text={t("waiting.stopping")} />;
  return <Waiting text={t(is_connected ? "waiting.sending" : "waiting.offline")} />;
}

function Waiting({ text }: { readonly text: string }): ReactNode {
  return (
    <p className="waiting-line" data-testid="waiting-line">
      <span className="pulse" aria-hidden />
      {text}
    </p>
  );
}

function queuedText(t: TFunction, place: Place | null): string {
  if (place === null) return t("waiting.queued");
  if (!place.is_worker_available) return t("waiting.worker");
  switch (place.position) {
    case null:
    case 0: // its turn has come, and the fact that says so is on its way
      return t("waiting.queued");
    case 1:
      return t("waiting.place1");
    case 2:
      return t("waiting.place2");
    case 3:
      return t("waiting.place3");
    default:
      return t("waiting.placeN", { position: place.position });
  }
}

function readingText(t: TFunction, { context }: Generation): string {
  return context === null ? t("waiting.reading") : t("waiting.readingTokens", { count: context.num_prompt_tokens });
}

function usePlace(generation_id: Id, is_queued: boolean): Place | null {
  const chat = useChat();
  const [place, setPlace] = useState<Place | null>(null);
  useEffect(() => {
    if (!is_queued) return;
    let is_mounted = true;
    const ask = async (): Promise<void> => {
      const answer = await chat.place(generation_id);
      if (is_mounted) setPlace(answer);
    };
    void ask();
    const timer = setInterval(() => void ask(), ASK_EVERY_MS);
    return () => {
      is_mounted = false;
      clearInterval(timer);
    };
  }, [chat, generation_id, is_queued]);
  return place;
}
