// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { i18nChange, i18nStart } from "@/lib/i18n/i18n";
import { message } from "@/lib/testing/views";
import type { Notice } from "@/lib/wire/views";

import { RuleNotice } from "./rule-notice";

const WARNING: Notice = { category: "fraud", text: "Never send money to strangers.", action: "warn" };
const HELP: Notice = { category: "self_harm", text: "", action: "safe_completion" };

/** The lines of the card, or none. */
const lines = (id: string, notice: Notice | null, is_begun_by_model = false): (string | null)[] => {
  const { container } = render(<RuleNotice message={message(id, null, { notice })} is_begun_by_model={is_begun_by_model} />);
  return [...container.querySelectorAll("p")].map((line) => line.textContent);
};

beforeAll(() => i18nStart("en"));
afterEach(cleanup);

describe("A rule's notice", () => {
  it("says what a warning is about and then the operator's words", () => {
    expect(lines("u1", WARNING)).toEqual(["A note on your message: fraud.", "Never send money to strangers."]);
    expect(lines("a2", WARNING)).toEqual(["A note on this answer: fraud.", "Never send money to strangers."]);
  });

  it("says who wrote an answer, or its end, in the model's place", () => {
    expect(lines("a2", HELP)).toEqual(["This answer was written by the people who run this service."]);
    expect(lines("a2", HELP, true)).toEqual(["The end of this answer was written by the people who run this service."]);
  });

  it("is not there for what is told in another place, or not at all", () => {
    expect(lines("a2", { ...WARNING, action: "redact" })).toEqual([]);
    expect(lines("a2", { ...WARNING, action: null })).toEqual([]);
    expect(lines("a2", null)).toEqual([]);
  });

  it("is in the reader's language", async () => {
    await i18nChange("zh-hans");

    expect(lines("a2", HELP)).toEqual(["这个回答由本服务的运营者撰写。"]);
    expect(lines("u1", { ...WARNING, text: "别给陌生人转账。" })).toEqual(["关于你这条消息的提示：诈骗。", "别给陌生人转账。"]);

    await i18nChange("en");
  });
});
