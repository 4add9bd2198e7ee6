/** Across the top of the conversation: what is wrong with the connection, and what to do about it. */

import { CircleAlert, WifiOff, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { refusalText } from "@/chat/words";
import { Button, IconButton } from "@/lib/ui/controls";

import { signInUrl } from "./shell";

/** A reconnect shorter than this is nobody's business. */
const LOST_AFTER_MS = 1500;

export function Banners(): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const socket = useChatState((state) => state.socket);
  const is_offline = useChatState((state) => state.is_offline);
  const is_lost = useLasting(socket === "waiting" || socket === "connecting", LOST_AFTER_MS);
  if (socket === "signed_out")
    return (
      <Banner testid="signed-out-banner" text={t("connection.signedOut")}>
        <a className="button button-accent" href={signInUrl()} data-testid="sign-in">
          {t("connection.signIn")}
        </a>
      </Banner>
    );
  if (socket === "evicted")
    return (
      <Banner testid="evicted-banner" text={t("connection.evicted")}>
        <Button look="accent" data-testid="use-this" onClick={() => chat.connect()}>
          {t("connection.useThis")}
        </Button>
      </Banner>
    );
  if (socket === "refused") return <Banner testid="refused-banner" text={t("connection.refused")} />;
  if (is_offline) return <Banner testid="offline-banner" text={t("connection.offline")} />;
  if (is_lost) return <Banner testid="offline-banner" text={t("connection.reconnecting")} />;
  return <AlertBanner />;
}

function AlertBanner(): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const alert = useChatState((state) => state.alert);
  if (alert === null) return null;
  return (
    <div className="banner" role="status" data-testid="alert-banner">
      <CircleAlert size={16} aria-hidden />
      <span>{refusalText(t, alert)}</span>
      <IconButton label={t("common.dismiss")} onClick={() => chat.alertDismiss()}>
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}

interface BannerProps {
  readonly testid: string;
  readonly text: string;
  readonly children?: ReactNode;
}

function Banner({ testid, text, children }: BannerProps): ReactNode {
  return (
    <div className="banner" role="status" data-testid={testid}>
      <WifiOff size={16} aria-hidden />
      <span>{text}</span>
      {children}
    </div>
  );
}

/** True once the condition has held for a while. */
function useLasting(condition: boolean, after_ms: number): boolean {
  const [has_lasted, setLasted] = useState(false);
  useEffect(() => {
    if (!condition) return;
    const timer = setTimeout(() => setLasted(true), after_ms);
    return () => {
      clearTimeout(timer);
      setLasted(false);
    };
  }, [condition, after_ms]);
  return condition && has_lasted;
}
