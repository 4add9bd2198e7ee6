import { describe, expect, it } from "vitest";

import { message } from "@/lib/testing/views";
import type { MessageNode } from "@/lib/wire/skeleton";

import { activePath, leafFor, type MessageTree, newestLeafUnder, pathTo, siblingsOf } from "./tree";

/**
 * u1 ─ a2 ─ u3 ─ a4
 *    └ a5 ─ u6 ─ a7
 *         └ u8 ─ a9      (u6 edited)
 */
const tree: MessageTree = new Map(
  [
    message("u1", null),
    message("a2", "u1"),
    message("u3", "a2"),
    message("a4", "u3"),
    message("a5", "u1"),
    message("u6", "a5"),
    message("a7", "u6"),
    message("u8", "a5"),
    message("a9", "u8"),
  ].map((each) => [each.id, each]),
);
const ids = (path: readonly MessageNode[]): string => path.map(({ id }) => id).join(" ");

describe("The branch on screen", () => {
  it("leads from the root to the active leaf", () => {
    expect(ids(activePath(tree, "a4"))).toBe("u1 a2 u3 a4");
  });

  it("goes on to the newest answer below the leaf, because the facts of a turn come one by one", () => {
    expect(ids(activePath(tree, "a5"))).toBe("u1 a5 u8 a9");
  });

  it("falls back to the newest message when the leaf is not known", () => {
    expect(ids(activePath(tree, "gone"))).toBe("u1 a5 u8 a9");
    expect(ids(activePath(tree, null))).toBe("u1 a5 u8 a9");
  });

  it("is empty in an empty conversation", () => {
    expect(activePath(new Map(), null)).toEqual([]);
    expect(pathTo(tree, null)).toEqual([]);
  });

  it("is found in a tree of ten thousand turns", () => {
    const long = Array.from({ length: 20_000 }, (_, index) =>
      message(`u${index}`, index === 0 ? null : `u${index - 1}`, { created_at: "2026-11-22T09:00:00Z" }),
    );

    expect(activePath(new Map(long.map((each) => [each.id, each])), "u0")).toHaveLength(20_000);
  });
});

describe("Siblings", () => {
  it("share a parent and stand oldest first", () => {
    expect(ids(siblingsOf(tree, tree.get("a5")!))).toBe("a2 a5");
    expect(ids(siblingsOf(tree, tree.get("u6")!))).toBe("u6 u8");
    expect(ids(siblingsOf(tree, tree.get("a4")!))).toBe("a4");
  });

  it("are entered at the newest leaf under them", () => {
    expect(newestLeafUnder(tree, "a5")).toBe("a9");
    expect(leafFor(tree, "a5", undefined)).toBe("a9");
  });

  it("are entered again at the leaf where they were left", () => {
    expect(leafFor(tree, "a5", "a7")).toBe("a7");
  });

  it("forget a leaf that is not under them", () => {
    expect(leafFor(tree, "a5", "a4")).toBe("a9");
  });
});
