/** What the message list draws: the branch on screen as rows, with the turn on its way at their end. Pure. */

import { newestKept } from "@/lib/store/kept";
import { sameItems } from "@/lib/store/store";
import { activePath, type MessageTree, pathTo, siblingsOf } from "@/lib/store/tree";
import type { Id, MessageView } from "@/lib/wire/views";

import { NO_TREE, turnOf } from "./reading";
import type { ChatState, PendingAsk, Turn } from "./state";

export interface MessageRow {
  readonly kind: "message";
  readonly key: string;
  readonly message: MessageView;
  readonly siblings: readonly MessageView[];
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

export type Row = MessageRow | AskRow | AnswerRow;

/** The branch on screen, the turn on its way at its end. System messages belong to the model, not to the reader. */
export function rowsOf(state: ChatState, conversation_id: Id): readonly Row[] {
  const tree = state.feed.messages.get(conversation_id) ?? NO_TREE;
  const leaf_id = state.feed.conversations.get(conversation_id)?.active_leaf_id ?? null;
  return rowsAt(tree, leaf_id, turnOf(state, conversation_id));
}

/** Several components ask at every delta, and a delta changes none of the three. */
const rowsAt = newestKept((tree: MessageTree, leaf_id: Id | null, turn: Turn | undefined): readonly Row[] => {
  const path = turn === undefined ? activePath(tree, leaf_id) : pathTo(tree, parentOf(tree, turn));
  const rows: Row[] = path
    .filter((message) => message.role !== "system")
    .map((message) => ({
      kind: "message",
      key: message.client_message_id ?? message.id,
      message,
      siblings: siblingsOf(tree, message),
    }));
  if (turn?.kind === "ask") rows.push({ kind: "ask", key: turn.client_id, turn });
  if (turn !== undefined) rows.push({ kind: "answer", key: `answer-${turn.client_id}`, turn });
  return rows;
});

function parentOf(tree: MessageTree, turn: Turn): Id | null {
  return turn.kind === "ask" ? turn.parent_id : (tree.get(turn.message_id)?.parent_id ?? null);
}

export function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, index) => sameRow(row, b[index]));
}

function sameRow(a: Row, b: Row | undefined): boolean {
  if (a.kind === "message")
    return b?.kind === "message" && a.message === b.message && sameItems(a.siblings, b.siblings);
  return a.kind === b?.kind && a.turn === b.turn;
}
