import { describe, expect, it } from "vitest";

import { en } from "./en";
import { zhHans } from "./zh-hans";

type Texts = { readonly [key: string]: string | Texts };

/** Every text by its dotted key; plural forms count as one key, for Chinese has a single form. */
function flat(texts: Texts, prefix = ""): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]) => {
    const name = `${prefix}${key.replace(/_(one|other)$/, "")}`;
    return typeof value === "string" ? [[name, value] as const] : [...flat(value, `${name}.`)];
  });
  return new Map(entries);
}

const variablesIn = (text: string): string[] => [...text.matchAll(/{{(\w+)}}/g)].map(([, name = ""]) => name).sort();

describe("The two languages", () => {
  const english = flat(en);
  const chinese = flat(zhHans);

  it("have the same keys", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(100);
  });

  it.each([...english])("fill the same variables in %s", (key, text) => {
    expect(variablesIn(chinese.get(key) ?? "")).toEqual(variablesIn(text));
  });

  it.each([...chinese])("use full-width punctuation between Chinese characters in %s", (_key, text) => {
    expect(text).not.toMatch(/[\u4e00-\u9fff][,.!?:;]/);
  });

  it.each([...chinese])("put a space between Chinese and Latin in %s", (_key, text) => {
    expect(text).not.toMatch(/[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]/);
  });

  it.each([...english, ...chinese])("raise their voice nowhere, not in %s", (_key, text) => {
    expect(text).not.toMatch(/[!！]|Oops|您/);
  });
});
