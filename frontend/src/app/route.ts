/** The two addresses that are ours: `/` and `/c/{id}`. Everything else is the server's. */

import type { Id } from "@/lib/wire/views";

export function conversationAt(pathname: string): Id | null {
  return /^\/c\/([0-9a-fA-F-]{36})\/?$/.exec(pathname)?.[1]?.toLowerCase() ?? null;
}

export function pathOf(id: Id | null): string {
  return id === null ? "/" : `/c/${id}`;
}
