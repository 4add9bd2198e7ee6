/** Where the focus goes when a modal layer opens. */

/** The element that asks for it, else the dialog itself: a focused close button would show its tooltip unasked. */
export function focusFirst(event: Event): void {
  event.preventDefault();
  if (!(event.target instanceof HTMLElement)) return;
  (event.target.querySelector<HTMLElement>("[data-first]") ?? event.target).focus();
}
