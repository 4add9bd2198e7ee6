import { describe, expect, it } from "vitest";

import { DecodeError } from "./decode";
import { skeletonNodes } from "./skeleton";
import { skeletonPage } from "./views";

const page = (fields: object = {}) =>
  skeletonPage(
    {
      feed: "1-0",
      ids: ["m1", "m2", "m3"],
      parents: [null, 0, "m0"],
      roles: "uas",
      states: "vwe",
      restored: { m2: "m9" },
      next_after: null,
      ...fields,
    },
    "skeleton",
  );

describe("A page of the skeleton", () => {
  it("names each message's parent, role and state", () => {
    expect(skeletonNodes(page())).toEqual([
      { id: "m1", parent_id: null, role: "user", state: "visible", restored_from: null },
      { id: "m2", parent_id: "m1", role: "assistant", state: "withheld", restored_from: "m9" },
      { id: "m3", parent_id: "m0", role: "system", state: "erased", restored_from: null },
    ]);
  });

  it.each([{ parents: [null, 7, null] }, { roles: "uax" }, { roles: "ua" }, { states: "vv?" }])(
    "is refused where a column does not fit: %j",
    (fields) => {
      expect(() => skeletonNodes(page(fields))).toThrow(DecodeError);
    },
  );
});
