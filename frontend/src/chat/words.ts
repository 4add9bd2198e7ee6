/** Words for what the server reports: refusals by code, numbers with units. */

import type { TFunction } from "i18next";

import type { Refusal } from "@/lib/wire/frames";
import type { GenerationView } from "@/lib/wire/views";

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

/** Why an answer failed and what to do. Without the figures that a sentence needs, the plain one. */
export function failureText(t: TFunction, generation: Pick<GenerationView, "error_code" | "error_details">, locale: string): string {
  const details = generation.error_details ?? {};
  const figure = (name: string): string => numberText(Number(details[name]), locale);
  switch (generation.error_code) {
    case "prompt_too_long":
      if (details["num_prompt_tokens"] === undefined) return t("failure.prompt_too_long_plain");
      return t("failure.prompt_too_long", { tokens: figure("num_prompt_tokens"), size: figure("context_window") });
    case "unsupported_parameter":
      if (typeof details["parameter"] !== "string") return t("message.failed");
      return t("failure.unsupported_parameter", { parameter: details["parameter"] });
    case "step_failed":
    case "queue_full":
    case "worker_error":
    case "cannot_continue":
    case "too_many_attempts":
      return t(`failure.${generation.error_code}`);
    case null:
    default:
      return t("message.failed");
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

/** A moment as the reader's clock and calendar say it. */
export function timeText(moment: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
}

export function numberText(value: number, locale: string, digits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}
