import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const TOKENS = readFileSync("src/styles/tokens.css", "utf8");
const TEXT = 4.5;
const CONTROL = 3;

const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** What stands on what. Text has 4.5:1 (WCAG 1.4.3), the edges of controls 3:1 (1.4.11). */
const GROUNDS = ["--ground", "--ground-side", "--ground-raised", "--ground-hover", "--ground-current"];
const PAIRS: readonly (readonly [front: string, grounds: readonly string[], least: number])[] = [
  ["--text", [...GROUNDS, "--ground-tint", "--ground-code", "--ground-zebra", "--ground-warning"], TEXT],
  ["--text-quiet", [...GROUNDS, "--ground-tint", "--ground-code"], TEXT],
  ["--accent", ["--ground", "--ground-side", "--ground-raised", "--ground-tint"], TEXT],
  ["--text-on-accent", ["--accent", "--accent-strong"], TEXT],
  ["--text-warning", ["--ground", "--ground-raised", "--ground-warning"], TEXT],
  ["--text-danger", ["--ground-raised", "--ground-hover"], TEXT],
  ["--code-keyword", ["--ground-code"], TEXT],
  ["--code-string", ["--ground-code"], TEXT],
  ["--code-number", ["--ground-code"], TEXT],
  ["--code-name", ["--ground-code"], TEXT],
  ["--code-comment", ["--ground-code"], TEXT],
  ["--ground", ["--text"], TEXT], // tooltips
  ["--line-control", ["--ground", "--ground-raised"], CONTROL],
  ["--focus", GROUNDS, CONTROL],
];

function colour(name: string, theme: Theme): string {
  const [, light, dark] = new RegExp(`${name}: light-dark\\((#\\w{6}), (#\\w{6})\\);`).exec(TOKENS) ?? [];
  const value = theme === "light" ? light : dark;
  if (value === undefined) throw new Error(`${name} is not a light-dark() pair of hex colours in tokens.css`);
  return value;
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(THEMES)("In the %s theme", (theme) => {
  const cases = PAIRS.flatMap(([front, grounds, least]) => grounds.map((ground) => ({ front, ground, least })));

  it.each(cases)("$front on $ground has $least:1", ({ front, ground, least }) => {
    expect(contrast(colour(front, theme), colour(ground, theme))).toBeGreaterThanOrEqual(least);
  });
});

describe("Colours", () => {
  it("are written in tokens.css and nowhere else", () => {
    const others = readdirSync("src/styles").filter((name) => name.endsWith(".css") && name !== "tokens.css");
    expect(others.length).toBeGreaterThan(5);

    for (const file of [...others.map((name) => `src/styles/${name}`), "public/account.css"])
      expect(readFileSync(file, "utf8"), file).not.toMatch(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/i);
  });
});
