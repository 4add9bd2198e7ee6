import { describe, expect, it } from "vitest";

import { newId } from "./ids";

describe("newId", () => {
  it("is a version 7 UUID", () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("sorts by the time it was made", () => {
    const earlier = newId(1_700_000_000_000);
    const later = newId(1_700_000_000_001);

    expect(earlier < later).toBe(true);
    expect(earlier.startsWith("018bcfe5-6800-7")).toBe(true);
  });
});
