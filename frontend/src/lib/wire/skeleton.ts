/** The columns in which the server says which messages there are, as one node a message. Pure. */

import { DecodeError } from "./decode";
import type { MessageState, MessageView, Role, SkeletonPage } from "./views";

/** A message by its place in the tree alone: its words may still have to be read. */
export type MessageNode = Pick<MessageView, "id" | "parent_id" | "role" | "state" | "restored_from">;

const ROLES: Readonly<Record<string, Role>> = { s: "system", u: "user", a: "assistant" };
const STATES: Readonly<Record<string, MessageState>> = { v: "visible", h: "held", w: "withheld", e: "erased" };

export function skeletonNodes({ ids, parents, roles, states, restored }: SkeletonPage): readonly MessageNode[] {
  return ids.map((id, place) => {
    const parent = parents[place] ?? null;
    return {
      id,
      parent_id: typeof parent === "number" ? named(ids[parent], "parents") : parent,
      role: named(ROLES[roles.charAt(place)], "roles"),
      state: named(STATES[states.charAt(place)], "states"),
      restored_from: restored[id] ?? null,
    };
  });
}

function named<T>(found: T | undefined, column: string): T {
  if (found === undefined) throw new DecodeError(`skeleton.${column} names something that is not there`);
  return found;
}
