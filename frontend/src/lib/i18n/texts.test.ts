import { describe, expect, it } from "vitest";

import { en } from "./en";
import { zhHans } from "./zh-hans";

interface Texts {
  readonly [key: string]: string | Texts;
}

/** Every text by its dotted key; plural forms count as one key, for Chinese has a single form. */
function flat(texts: Texts, prefix = ""): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]) => {
    const name = `${prefix}${key.replace(/_(one|other)$/, "")}`;
    return typeof value === "string" ? [[name, value] as const] : [...flat(value, `${name}.`)];
  });
  return new Map(entries);
}

const variablesIn = (text: string): string[] => [...text.matchAll(/{{(\w+)}}/g)].map(([, name = ""]) => name).sort();

const english = flat(en);
const chinese = flat(zhHans);

describe("The two languages", () => {
  it("have the same keys", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(100);
  });

  it("fill in the same variables", () => {
    const unlike = [...english].filter(([key, text]) => {
      return String(variablesIn(chinese.get(key) ?? "")) !== String(variablesIn(text));
    });

    expect(unlike).toEqual([]);
  });

  it("raise their voice nowhere, and say 你", () => {
    expect([...english, ...chinese].filter(([, text]) => /[!！]|Oops|您/.test(text))).toEqual([]);
  });
});

describe("The Chinese", () => {
  it("has full-width punctuation", () => {
    expect([...chinese].filter(([, text]) => /[\u4e00-\u9fff][,.!?:;]/.test(text))).toEqual([]);
  });

  it("has a space between Chinese and Latin", () => {
    const touching = /[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]/;

    expect([...chinese].filter(([, text]) => touching.test(text))).toEqual([]);
  });
});
