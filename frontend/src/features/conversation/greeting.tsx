/** What stands on an empty page. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChatState } from "@/chat/context";

export function Greeting(): ReactNode {
  const { t } = useTranslation();
  const name = useChatState((state) => state.me.display_name);
  const part = partOfDay(new Date().getHours());
  return (
    <>
      <h1 className="greeting">{name === "" ? t(`empty.${part}`) : t(`empty.${part}Name`, { name })}</h1>
      <p className="greeting-ask">{t("empty.ask")}</p>
    </>
  );
}

function partOfDay(hour: number): "morning" | "afternoon" | "evening" {
  if (hour >= 4 && hour < 12) return "morning";
  return hour >= 12 && hour < 18 ? "afternoon" : "evening";
}
