import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";

import { en } from "@/lib/i18n/en";
import { zhHans } from "@/lib/i18n/zh-hans";

import { failureText, timeText } from "./words";

const TOO_LONG = { error_code: "prompt_too_long", error_details: { num_prompt_tokens: 9000, context_window: 8192 } };
const i18n = i18next.createInstance();

beforeAll(async () => {
  const resources = { en: { translation: en }, "zh-hans": { translation: zhHans } };
  await i18n.init({ lng: "en", lowerCaseLng: true, resources, interpolation: { escapeValue: false } });
});

describe("timeText", () => {
  it("says day and time as the reader writes them", () => {
    const moment = new Date(2026, 10, 22, 17, 5).toISOString();

    expect(timeText(moment, "en")).toMatch(/Nov 22, 2026, 5:05\sPM/);
    expect(timeText(moment, "zh-Hans")).toMatch(/2026年11月22日 17:05/);
  });
});

describe("failureText", () => {
  it("says both numbers of a prompt that is too long, in the reader's language", () => {
    expect(failureText(i18n.getFixedT("en"), TOO_LONG, "en")).toContain("9,000 tokens, and it reads 8,192 at once");
    expect(failureText(i18n.getFixedT("zh-hans"), TOO_LONG, "zh-CN")).toContain("9,000 个 token，而模型一次最多能读 8,192 个");
  });

  it("names the parameter that the model cannot be asked for", () => {
    const refused = { error_code: "unsupported_parameter", error_details: { parameter: "min_p" } };

    expect(failureText(i18n.getFixedT("en"), refused, "en")).toContain("“min_p”");
  });

  it.each(["step_failed", "queue_full", "worker_error", "cannot_continue", "too_many_attempts"])(
    "has a sentence of its own for %s",
    (error_code) => {
      const t = i18n.getFixedT("en");
      const text = failureText(t, { error_code, error_details: null }, "en");

      expect(text).not.toBe(t("message.failed"));
      expect(text).not.toContain("failure.");
    },
  );

  it.each(["prompt_too_long", "unsupported_parameter"])("leaves no gap where %s came without its figures", (error_code) => {
    expect(failureText(i18n.getFixedT("en"), { error_code, error_details: null }, "en")).not.toMatch(/NaN|undefined|{{/);
  });

  it("says the plain thing of an error that this page does not know", () => {
    const t = i18n.getFixedT("en");

    expect(failureText(t, { error_code: "new", error_details: null }, "en")).toBe(t("message.failed"));
  });
});
