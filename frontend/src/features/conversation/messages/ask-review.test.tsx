// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { i18nStart } from "@/lib/i18n/i18n";
import type { AppealState } from "@/lib/wire/views";

import { AskReview } from "./ask-review";

function draw(appeal: AppealState, answer = true) {
  const onAsk = vi.fn<(words: string) => Promise<boolean>>(() => Promise.resolve(answer));
  render(
    <AskReview appeal={appeal} onAsk={onAsk}>
      <button type="button">beside</button>
    </AskReview>,
  );
  return onAsk;
}

const press = (testid: string): Promise<void> =>
  act(async () => {
    fireEvent.click(screen.getByTestId(testid));
    await Promise.resolve();
  });

beforeAll(() => i18nStart("en"));
afterEach(cleanup);

describe("Asking for review", () => {
  it("opens a field for a few words and sends them", async () => {
    const onAsk = draw("none");
    await press("ask-review");
    fireEvent.change(screen.getByTestId("review-words"), { target: { value: " A recipe. " } });
    await press("review-send");

    expect(onAsk).toHaveBeenCalledExactlyOnceWith("A recipe.");
  });

  it("needs no words", async () => {
    const onAsk = draw("none");
    await press("ask-review");
    await press("review-send");

    expect(onAsk).toHaveBeenCalledExactlyOnceWith("");
  });

  it("keeps the words when it could not be asked", async () => {
    draw("none", false);
    await press("ask-review");
    fireEvent.change(screen.getByTestId("review-words"), { target: { value: "A recipe." } });
    await press("review-send");

    expect(screen.getByTestId<HTMLTextAreaElement>("review-words").value).toBe("A recipe.");
    expect(screen.getByTestId<HTMLButtonElement>("review-send").disabled).toBe(false);
  });

  it("can be left again", async () => {
    draw("none");
    await press("ask-review");
    await press("review-cancel");

    expect(screen.queryByTestId("review-words")).toBeNull();
    expect(screen.getByTestId("ask-review")).toBeDefined();
  });

  it.each([
    ["waiting", "You asked for a review. What comes of it will stand here."],
    ["confirmed", "A reviewer looked at this. The decision stands."],
    ["overturned", "A reviewer took the decision back."],
  ] as const)("is %s: says so, and can be asked no more", (appeal, words) => {
    draw(appeal);

    expect(screen.getByTestId("review-state").textContent).toBe(words);
    expect(screen.queryByTestId("ask-review")).toBeNull();
    expect(screen.getByText("beside")).toBeDefined();
  });
});
