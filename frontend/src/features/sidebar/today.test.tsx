// @vitest-environment jsdom
import { act, cleanup, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useToday } from "./today";

function Day({ onRender }: { readonly onRender?: () => void }): ReactNode {
  onRender?.();
  return useToday().toDateString();
}

/** The clock moves, and what hears of it draws. */
const pass = (ms: number): void =>
  act(() => {
    vi.advanceTimersByTime(ms);
  });

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(new Date(2026, 10, 22, 23, 59, 50));
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("Today", () => {
  it("becomes another day at midnight, and again a day later", () => {
    const { container } = render(<Day />);
    expect(container.textContent).toBe("Sun Nov 22 2026");

    pass(10_000);
    expect(container.textContent).toBe("Mon Nov 23 2026");

    pass(86_400_000);
    expect(container.textContent).toBe("Tue Nov 24 2026");
  });

  it.each([
    ["the tab is looked at again", () => document.dispatchEvent(new Event("visibilitychange"))],
    ["the window is come back to", () => window.dispatchEvent(new Event("focus"))],
  ])("follows the clock over a night's sleep when %s", (_, awake) => {
    const { container } = render(<Day />);

    vi.setSystemTime(new Date(2026, 10, 24, 8)); // no timer ran meanwhile
    act(() => {
      awake();
    });

    expect(container.textContent).toBe("Tue Nov 24 2026");
  });

  it("follows a clock that is set back", () => {
    const { container } = render(<Day />);

    vi.setSystemTime(new Date(2026, 10, 20, 8));
    pass(60_000);

    expect(container.textContent).toBe("Fri Nov 20 2026");
  });

  it("is drawn once while it lasts", () => {
    vi.setSystemTime(new Date(2026, 10, 22, 8));
    const onRender = vi.fn();
    render(<Day onRender={onRender} />);

    pass(3_600_000);

    expect(onRender).toHaveBeenCalledTimes(1);
  });
});
