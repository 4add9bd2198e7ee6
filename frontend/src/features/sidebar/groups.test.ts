import { describe, expect, it } from "vitest";

import { conversation } from "@/lib/testing/views";

import { groupedRows } from "./groups";

const NOW = new Date(2026, 10, 22, 9, 30);
const at = (...date: [number, number, number, number]): string => new Date(...date).toISOString();

describe("The list by date", () => {
  it("counts days by the calendar, not by hours", () => {
    const rows = groupedRows(
      [
        conversation({ id: "1", updated_at: at(2026, 10, 22, 0) }),
        conversation({ id: "2", updated_at: at(2026, 10, 21, 23) }),
        conversation({ id: "3", updated_at: at(2026, 10, 20, 12) }),
        conversation({ id: "4", updated_at: at(2026, 10, 15, 1) }),
        conversation({ id: "5", updated_at: at(2026, 10, 14, 23) }),
        conversation({ id: "6", updated_at: at(2026, 9, 3, 8) }),
      ],
      NOW,
      "en",
    );

    expect(rows.map((row) => (row.kind === "head" ? row.name : row.key))).toEqual([
      "today",
      "1",
      "yesterday",
      "2",
      "week",
      "3",
      "4",
      { month: "November 2026" },
      "5",
      { month: "October 2026" },
      "6",
    ]);
  });

  it("puts a clock that runs ahead under today", () => {
    expect(groupedRows([conversation({ updated_at: at(2026, 10, 23, 1) })], NOW, "en")[0]).toMatchObject({ name: "today" });
  });

  it("is empty without conversations", () => {
    expect(groupedRows([], NOW, "en")).toEqual([]);
  });
});
