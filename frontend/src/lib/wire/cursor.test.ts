import { describe, expect, it } from "vitest";

import { compareCursors, earlierCursor } from "./cursor";

describe("Cursors", () => {
  it.each([
    ["9-0", "10-0", -1],
    ["10-2", "10-11", -1],
    ["10-11", "10-2", 1],
    ["1763800000000-5", "1763800000000-5", 0],
  ])("compare number by number: %s and %s", (a, b, order) => {
    expect(compareCursors(a, b)).toBe(order);
  });

  it("give the earlier of two, and the one there is", () => {
    expect(earlierCursor("9-0", "10-0")).toBe("9-0");
    expect(earlierCursor(null, "10-0")).toBe("10-0");
    expect(earlierCursor("10-0", null)).toBe("10-0");
  });
});
