// @vitest-environment jsdom
import { cleanup, render, type RenderResult, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { i18nStart } from "@/lib/i18n/i18n";
import { TooltipProvider } from "@/lib/ui/controls";

import { Markdown } from "./markdown";

const draw = (text: string, is_streaming = false): RenderResult =>
  render(
    <TooltipProvider>
      <Markdown text={text} is_streaming={is_streaming} redaction="Removed by a rule" />
    </TooltipProvider>,
  );
const html = (text: string): string => draw(text).container.querySelector(".markdown")!.innerHTML;

beforeAll(() => i18nStart("en"));
afterEach(cleanup);

describe("Markdown from a model", () => {
  it("becomes headings below the page's own, lists, emphasis and rules", () => {
    expect(html("# One\n\n- a\n- **b** *c* ~~d~~\n\n3. x\n\n---")).toBe(
      '<h3 data-depth="1">One</h3>' +
        "<ul><li>a</li><li><strong>b</strong> <em>c</em> <del>d</del></li></ul>" +
        '<ol start="3"><li>x</li></ol><hr>',
    );
  });

  it("shows HTML as the characters it is", () => {
    const { container } = draw('<script>alert(1)</script>\n\n<img src=x onerror="alert(1)"> and <b>bold</b>');

    expect(container.querySelector("script, img, b")).toBeNull();
    expect(container.textContent).toContain('<img src=x onerror="alert(1)"> and <b>bold</b>');
    expect(container.textContent).toContain("<script>alert(1)</script>");
  });

  it("shows a character reference as its character, never as a tag", () => {
    const { container } = draw("&lt;script&gt; &amp; &#x1f319; &copy;");

    expect(container.querySelector("script")).toBeNull();
    expect(container.textContent).toBe("<script> & 🌙 &copy;");
  });

  it.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](/api/v1/me)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
  ])("makes no link of %s", (text) => {
    expect(draw(text).container.querySelector("a[href], img")).toBeNull();
  });

  it("opens a safe link elsewhere, and tells it nothing of us", () => {
    const link = draw("[tides](https://example.org/a?b=c) ").container.querySelector("a");

    expect(link?.getAttribute("href")).toBe("https://example.org/a?b=c");
    expect(link?.target).toBe("_blank");
    expect(link?.rel).toBe("noopener noreferrer nofollow");
  });

  it("fetches no picture: it would tell another server who reads", () => {
    const { container } = draw("![A map](https://example.org/map.png)");

    expect(container.querySelector("img")).toBeNull();
    expect(container.querySelector("a")?.textContent).toBe("A map");
  });

  it("draws tables with aligned columns in a frame that scrolls", () => {
    const { container } = draw("| a | b |\n|---|--:|\n| 1 | **2** |");

    expect(container.querySelector(".table-frame th:last-child")?.getAttribute("data-align")).toBe("right");
    expect(container.querySelector("td:last-child strong")?.textContent).toBe("2");
  });

  it("resolves a link whose definition stands at the other end", () => {
    const { container } = draw("See [the tables][t].\n\nMore.\n\nAnd more.\n\n[t]: https://example.org/t");

    expect(container.querySelector("a")?.getAttribute("href")).toBe("https://example.org/t");
    expect(container.textContent).not.toContain("[t]:");
  });

  it("names what a rule removed, wherever it stood", () => {
    const marks = draw("Ask ████ or `██`.\n\n- **███**").getAllByRole("img");

    expect(marks.map((mark) => mark.getAttribute("aria-label"))).toEqual(Array(3).fill("Removed by a rule"));
  });

  it("colours code once the highlighter has come, and the code is only spans", async () => {
    const { container } = draw('```python\nprint("<b>")\n```');
    expect(container.querySelector("pre")?.textContent).toBe('print("<b>")');

    await waitFor(() => expect(container.querySelector("pre .hljs-string")?.textContent).toBe('"<b>"'));
    expect(container.querySelector("pre b")).toBeNull();
  });

  it("sets formulas as MathML, and leaves prices alone", async () => {
    const { container } = draw("$$x^2$$\n\nIt costs $5 and $6, and \\(y\\) is free.");

    await waitFor(() => expect(container.querySelectorAll("math")).toHaveLength(2));
    expect(container.textContent).toContain("It costs $5 and $6, and");
    expect(container.querySelector("[style], [href]")).toBeNull();
  });

  it("sets no link that a formula asks for", async () => {
    const { container } = draw("$$\\href{javascript:alert(1)}{x}$$");

    await waitFor(() => expect(container.querySelector("math")).not.toBeNull());
    expect(container.querySelector("[href]")).toBeNull();
  });
});

describe("Markdown that is still being written", () => {
  it("shows an open fence as code from its first line on", () => {
    const { container } = draw("Look:\n\n```js\nconst tide = `high", true);

    expect(container.querySelector("pre")?.textContent).toBe("const tide = `high");
    expect(container.querySelector(".code-bar span")?.textContent).toBe("js");
  });

  it("shows open emphasis as emphasis, and half a link as its text", () => {
    expect(draw("The **two bulges", true).container.querySelector("strong")?.textContent).toBe("two bulges");
    expect(draw("Run `make", true).container.querySelector("code")?.textContent).toBe("make");
    expect(draw("See [the tables](https://exam", true).container.textContent).toBe("See the tables");
  });

  it("keeps the elements of blocks that are done, so that a selection survives", async () => {
    const tooltip = (text: string) => (
      <TooltipProvider>
        <Markdown text={text} is_streaming redaction="" />
      </TooltipProvider>
    );
    const { container, rerender } = render(tooltip("# One\n\nTwo\n\nThree"));
    const heading = container.querySelector("h3");

    rerender(tooltip("# One\n\nTwo\n\nThree and\n\nfour"));

    await waitFor(() => expect(container.textContent).toContain("four"));
    expect(container.querySelector("h3")).toBe(heading);
  });
});
