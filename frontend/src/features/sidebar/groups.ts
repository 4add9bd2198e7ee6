/** The conversation list by date: today, yesterday, the last week, then month by month. Pure. */

import type { ConversationView } from "@/lib/wire/views";

export type GroupName = "today" | "yesterday" | "week" | { readonly month: string };

export type ListRow =
  | { readonly kind: "head"; readonly key: string; readonly name: GroupName }
  | { readonly kind: "conversation"; readonly key: string; readonly conversation: ConversationView };

const DAY_MS = 86_400_000;

/** `conversations` newest first; `locale` writes the months. */
export function groupedRows(conversations: readonly ConversationView[], now: Date, locale: string): readonly ListRow[] {
  const rows: ListRow[] = [];
  const months = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" });
  let last_key = "";
  for (const conversation of conversations) {
    const name = groupOf(new Date(conversation.updated_at), now, months);
    const key = typeof name === "string" ? name : name.month;
    if (key !== last_key) rows.push({ kind: "head", key, name });
    last_key = key;
    rows.push({ kind: "conversation", key: conversation.id, conversation });
  }
  return rows;
}

function groupOf(at: Date, now: Date, months: Intl.DateTimeFormat): GroupName {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  if (days <= 7) return "week";
  return { month: months.format(at) };
}

/** When today becomes yesterday. */
export function nextDay(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
}

function startOfDay(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
