/** Reading a conversation's message tree: the branch on screen, siblings, and the leaf to go to. Pure. */

import type { Id, MessageView } from "@/lib/wire/views";

import { newestKept } from "./kept";

export type MessageTree = ReadonlyMap<Id, MessageView>;

type Children = ReadonlyMap<Id | null, readonly MessageView[]>;

/** One index per tree; a tree is never changed, only replaced. */
const childrenOf = newestKept((tree: MessageTree): Children => {
  const index = new Map<Id | null, MessageView[]>();
  for (const message of [...tree.values()].sort(byAge)) {
    const siblings = index.get(message.parent_id);
    if (siblings === undefined) index.set(message.parent_id, [message]);
    else siblings.push(message);
  }
  return index;
});

function byAge(a: MessageView, b: MessageView): number {
  if (a.created_at !== b.created_at) return a.created_at < b.created_at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** The messages that share this one's parent, oldest first, itself among them. */
export function siblingsOf(tree: MessageTree, message: MessageView): readonly MessageView[] {
  return childrenOf(tree).get(message.parent_id) ?? [message];
}

/** The leaf reached by always taking the newest child. */
export function newestLeafUnder(tree: MessageTree, id: Id): Id {
  const children = childrenOf(tree);
  let leaf = id;
  for (let next = children.get(leaf)?.at(-1); next !== undefined; next = children.get(leaf)?.at(-1)) leaf = next.id;
  return leaf;
}

export function pathTo(tree: MessageTree, id: Id | null): readonly MessageView[] {
  const path: MessageView[] = [];
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
export const activePath = newestKept((tree: MessageTree, active_leaf_id: Id | null): readonly MessageView[] => {
  const known = active_leaf_id !== null && tree.has(active_leaf_id) ? active_leaf_id : null;
  const start = known ?? [...tree.values()].sort(byAge).at(-1)?.id;
  return start === undefined ? [] : pathTo(tree, newestLeafUnder(tree, start));
});

/** The leaf to show when the person turns to a sibling: the one they left it at, else the newest under it. */
export function leafFor(tree: MessageTree, sibling_id: Id, last_leaf_id: Id | undefined): Id {
  const remembered = last_leaf_id !== undefined && pathTo(tree, last_leaf_id).some(({ id }) => id === sibling_id);
  return remembered ? last_leaf_id : newestLeafUnder(tree, sibling_id);
}
