/** What the message list draws: the branch on screen as rows, with the turn on its way at their end. Pure. */

import { newestKept } from "@/lib/store/kept";
import { sameItems } from "@/lib/store/store";
import { activePath, isRead, type MessageTree, pathTo, siblingsOf } from "@/lib/store/tree";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { Id, MessageView } from "@/lib/wire/views";

import { NO_TREE, turnOf } from "./reading";
import type { ChatState, PendingAsk, Turn } from "./state";

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly id: Id;
  readonly message: MessageView;
  readonly siblings: readonly MessageNode[];
}

/** A message whose words are still to be read. */
export interface UnreadRow {
  readonly kind: "unread";
  readonly key: string;
  readonly id: Id;
}

/** A question on its way, drawn as if it had arrived. */
export interface AskRow {
  readonly kind: "ask";
  readonly key: string;
  readonly turn: PendingAsk;
}

/** The place where an answer will stand. */
export interface AnswerRow {
  readonly kind: "answer";
  readonly key: string;
  readonly turn: Turn;
}

export type Row = MessageRow | UnreadRow | AskRow | AnswerRow;

/** The newest message on screen, which a question follows. */
export function lastMessageId(state: ChatState, conversation_id: Id): Id | null {
  const last = rowsOf(state, conversation_id).findLast((row) => row.kind === "message" || row.kind === "unread");
  return last?.id ?? state.feed.conversations.get(conversation_id)?.active_leaf_id ?? null;
}

/** The branch on screen, the turn on its way at its end. System messages belong to the model, not to the reader. */
export function rowsOf(state: ChatState, conversation_id: Id): readonly Row[] {
  const tree = state.feed.messages.get(conversation_id) ?? NO_TREE;
  const leaf_id = state.feed.conversations.get(conversation_id)?.active_leaf_id ?? null;
  return rowsAt(tree, leaf_id, turnOf(state, conversation_id));
}

/** Several components ask at every delta, and a delta changes none of the three. */
const rowsAt = newestKept((tree: MessageTree, leaf_id: Id | null, turn: Turn | undefined): readonly Row[] => {
  const path = turn === undefined ? activePath(tree, leaf_id) : pathTo(tree, parentOf(tree, turn));
  const rows: Row[] = path.filter(({ role }) => role !== "system").map((node) => rowOf(tree, node));
  if (turn?.kind === "ask") rows.push({ kind: "ask", key: turn.client_id, turn });
  if (turn !== undefined) rows.push({ kind: "answer", key: `answer-${turn.client_id}`, turn });
  return rows;
});

function rowOf(tree: MessageTree, node: MessageNode | MessageView): Row {
  const { id } = node;
  if (!isRead(node)) return { kind: "unread", key: id, id };
  const siblings = siblingsOf(tree, node);
  return { kind: "message", key: node.client_message_id ?? id, id, message: node, siblings };
}

function parentOf(tree: MessageTree, turn: Turn): Id | null {
  return turn.kind === "ask" ? turn.parent_id : (tree.get(turn.message_id)?.parent_id ?? null);
}

export function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  if (a === b) return true; // nearly always: a branch may be ten thousand long
  return a.length === b.length && a.every((row, index) => sameRow(row, b[index]));
}

function sameRow(a: Row, b: Row | undefined): boolean {
  if (a.kind === "message")
    return b?.kind === "message" && a.message === b.message && sameItems(a.siblings, b.siblings);
  if (a.kind === "unread") return b?.kind === "unread" && a.id === b.id;
  return a.kind === b?.kind && a.turn === b.turn;
}
