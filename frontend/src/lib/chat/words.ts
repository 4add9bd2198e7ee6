/** Words for what the server reports: refusals by code, numbers with units. */

import type { TFunction } from "i18next";

import type { Refusal } from "@/lib/wire/frames";

/** The server's own sentence if it gave one (it knows the language), else ours for the code. */
export function refusalText(t: TFunction, { code, message, details }: Refusal): string {
  switch (code) {
    case "network":
      return t("error.network");
    case "frame_too_large":
      return t("error.frame_too_large", { limit: Math.round(Number(details["limit"]) / 1024) });
    default:
      return message === "" ? t("error.unknown", { code }) : message;
  }
}

export function detailText({ details }: Refusal, name: string): string | null {
  const value = details[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** A rule's category in the reader's language; one that this page does not know yet, as its words: `self_harm` → "self harm". */
export function categoryText(t: TFunction, category: string): string {
  return category === "" ? "" : t(`category.${category}`, { defaultValue: category.replaceAll("_", " ") });
}

export function numberText(value: number, locale: string, digits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}
