/** Which language the page speaks. Each language is a chunk of its own: a page loads the one it needs. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import type { Language } from "@/lib/wire/views";

import type { en } from "./en";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

export async function i18nStart(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    lowerCaseLng: true,
    load: "currentOnly",
    fallbackLng: false,
    resources: { [language]: { translation: await textsOf(language) } },
    interpolation: { escapeValue: false }, // React escapes
  });
  markDocument(language);
}

export async function i18nChange(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation"))
    i18next.addResourceBundle(language, "translation", await textsOf(language));
  await i18next.changeLanguage(language);
  markDocument(language);
}

async function textsOf(language: Language): Promise<object> {
  switch (language) {
    case "en":
      return (await import("./en")).en;
    case "zh-hans":
      return (await import("./zh-hans")).zhHans;
  }
}

/** The browser picks fonts, line breaks and hyphens by this; BCP 47 writes the script with a capital. */
function markDocument(language: Language): void {
  document.documentElement.lang = localeOf(language);
}

export function localeOf(language: Language): string {
  return language === "zh-hans" ? "zh-Hans" : "en";
}
