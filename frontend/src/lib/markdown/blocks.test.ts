import { describe, expect, it } from "vitest";

import { type Blocks, blocksOf, noBlocks } from "./blocks";
import { closeOpenMarks } from "./lexer";

const TEXT = `# Tides

They follow the **Moon**.

- one

  still one
- two

1. a

   \`\`\`py
   x = 1
   \`\`\`

| a | b |
|---|---|
| 1 | 2 |

\`\`\`python
def f():

    return 1
\`\`\`

> quoted

$$
x^2
$$

[t]: https://example.org

The end, see [t].
`;

describe("Blocks of a growing text", () => {
  it("join to the text again", () => {
    expect(
      blocksOf(TEXT)
        .blocks.map(({ source }) => source)
        .join(""),
    ).toBe(TEXT);
  });

  it.each([1, 2, 3, 7, 40])("are the same when the text came in pieces of %d as when it came at once", (size) => {
    let grown: Blocks = noBlocks;
    for (let end = size; end < TEXT.length + size; end += size) grown = blocksOf(TEXT.slice(0, end), grown);

    expect(grown).toEqual(blocksOf(TEXT));
  });

  it("keep the very objects of blocks that are done", () => {
    const before = blocksOf("one\n\ntwo\n\nthree\n\nfo");
    const after = blocksOf("one\n\ntwo\n\nthree\n\nfour", before);

    expect(after.blocks[0]).toBe(before.blocks[0]);
    expect(after.blocks[1]).toBe(before.blocks[1]);
  });

  it("begin anew when the text was replaced", () => {
    expect(blocksOf("other", blocksOf("one\n\ntwo\n\nthree")).blocks).toMatchObject([{ offset: 0, source: "other" }]);
  });

  it("read a long answer's last line in a few milliseconds", () => {
    const long = Array.from({ length: 2000 }, (_, index) => `Paragraph ${index} of a long answer.`).join("\n\n");
    const before = blocksOf(long);
    const start = performance.now();
    for (let step = 0; step < 20; step += 1) blocksOf(`${long} ${"word ".repeat(step)}`, before);

    expect((performance.now() - start) / 20).toBeLessThan(10);
  });
});

describe("Closing open marks", () => {
  it.each([
    ["a **b", "a **b**"],
    ["a **b ", "a **b** "],
    ["a **", "a "],
    ["a `b", "a `b`"],
    ["a `", "a "],
    ["~~a", "~~a~~"],
    ["see [a](http://x", "see a"],
    ["see [a](http://x)", "see [a](http://x)"],
    ["```js\nlet a = `b", "```js\nlet a = `b"],
    ["- ```js\n  `b", "- ```js\n  `b"],
    ["2 * 3 * 4", "2 * 3 * 4"],
  ])("turns %j into %j", (open, closed) => {
    expect(closeOpenMarks(open)).toBe(closed);
  });
});
