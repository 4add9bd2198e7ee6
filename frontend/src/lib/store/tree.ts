/**
 * Reading a conversation's message tree: the branch on screen, siblings, and the leaf to go to. Pure.
 *
 * Of a long conversation most messages are known by their place alone, until somebody comes to read them.
 */

import type { MessageNode } from "@/lib/wire/skeleton";
import type { Id, MessageView } from "@/lib/wire/views";

import { newestKept } from "./kept";

export type MessageTree = ReadonlyMap<Id, MessageNode | MessageView>;

type Children = ReadonlyMap<Id | null, readonly MessageNode[]>;

/** Whether its words are here. */
export function isRead(node: MessageNode | MessageView): node is MessageView {
  return "text" in node;
}

/** One index per tree; a tree is never changed, only replaced. */
const childrenOf = newestKept((tree: MessageTree): Children => {
  const index = new Map<Id | null, MessageNode[]>();
  for (const message of [...tree.values()].sort(byAge)) {
    const siblings = index.get(message.parent_id);
    if (siblings === undefined) index.set(message.parent_id, [message]);
    else siblings.push(message);
  }
  return index;
});

/** The server's ids begin with the time. */
function byAge(a: MessageNode, b: MessageNode): number {
  return a.id < b.id ? -1 : 1;
}

/** The messages that share this one's parent, oldest first, itself among them. */
export function siblingsOf(tree: MessageTree, message: MessageNode): readonly MessageNode[] {
  return childrenOf(tree).get(message.parent_id) ?? [message];
}

/** The leaf reached by always taking the newest child. */
export function newestLeafUnder(tree: MessageTree, id: Id): Id {
  const children = childrenOf(tree);
  let leaf = id;
  for (let next = children.get(leaf)?.at(-1); next !== undefined; next = children.get(leaf)?.at(-1)) leaf = next.id;
  return leaf;
}

export function pathTo(tree: MessageTree, id: Id | null): readonly (MessageNode | MessageView)[] {
  const path: (MessageNode | MessageView)[] = [];
  for (let at = id === null ? undefined : tree.get(id); at !== undefined; ) {
    path.push(at);
    at = at.parent_id === null ? undefined : tree.get(at.parent_id);
  }
  return path.reverse();
}

/**
 * The branch on screen: through the active leaf, and on to the newest answer below it, because the facts of a turn
 * arrive one after the other. An unknown leaf falls back to the newest message.
 */
export const activePath = newestKept((tree: MessageTree, active_leaf_id: Id | null): readonly (MessageNode | MessageView)[] => {
  const known = active_leaf_id !== null && tree.has(active_leaf_id) ? active_leaf_id : null;
  const start = known ?? [...tree.values()].sort(byAge).at(-1)?.id;
  return start === undefined ? [] : pathTo(tree, newestLeafUnder(tree, start));
});

/** The leaf to show when the person turns to a sibling: the one they left it at, else the newest under it. */
export function leafFor(tree: MessageTree, sibling_id: Id, last_leaf_id: Id | undefined): Id {
  const remembered = last_leaf_id !== undefined && pathTo(tree, last_leaf_id).some(({ id }) => id === sibling_id);
  return remembered ? last_leaf_id : newestLeafUnder(tree, sibling_id);
}
