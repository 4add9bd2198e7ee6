/** Light, dark, or as the system: remembered in this browser, applied before paint by `public/theme.js`. */

import { read, write } from "@/chat/memory";

const THEME_KEY = "chatapp.theme";

export const THEMES = ["light", "dark", "system"] as const;
export type Theme = (typeof THEMES)[number];

export function themeRead(): Theme {
  const stored = read(localStorage, THEME_KEY);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function themeApply(theme: Theme): void {
  write(localStorage, THEME_KEY, theme === "system" ? "" : theme);
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
