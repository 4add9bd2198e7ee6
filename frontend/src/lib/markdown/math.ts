/**
 * Sets mathematics. A chunk of its own, loaded with the first formula.
 *
 * MathML alone: the browser draws it with the system's mathematical font and reads it aloud, and there is no font to
 * download and no inline style to allow.
 */

import katex from "katex";

import { sanitizeMath } from "./sanitize";

export function typeset(source: string, is_display: boolean): string {
  return sanitizeMath(
    katex.renderToString(source, { output: "mathml", displayMode: is_display, throwOnError: false, trust: false }),
  );
}
