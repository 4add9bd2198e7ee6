import { describe, expect, it, vi } from "vitest";

import { newestKept } from "./kept";

const joined = () => vi.fn((words: readonly string[], mark: string) => [words.join(mark)]);

describe("The newest answer", () => {
  it("is given again for the same arguments, and is the same object", () => {
    const compute = joined();
    const kept = newestKept(compute);
    const words = ["a", "b"];

    expect(kept(words, "-")).toBe(kept(words, "-"));
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it("is computed anew when an argument is another", () => {
    const kept = newestKept(joined());
    const words = ["a", "b"];

    expect(kept(words, "-")).toEqual(["a-b"]);
    expect(kept(words, "+")).toEqual(["a+b"]);
    expect(kept(["c"], "+")).toEqual(["c"]);
  });

  it("is kept for each first argument apart", () => {
    const compute = joined();
    const kept = newestKept(compute);
    const [one, other] = [["a"], ["b"]];

    for (let round = 0; round < 3; round += 1) {
      kept(one, "-");
      kept(other, "-");
    }

    expect(compute).toHaveBeenCalledTimes(2);
  });
});
