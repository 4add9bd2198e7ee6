/** The one door for HTML made by a library. Ours is made of React elements and needs none. */

import DOMPurify from "dompurify";

/** Coloured code: spans with classes, nothing else. */
export function sanitizeCode(html: string): string {
  return DOMPurify.sanitize(html, { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"] });
}

export function sanitizeMath(html: string): string {
  return DOMPurify.sanitize(html, { USE_PROFILES: { mathMl: true }, ADD_TAGS: ["semantics"] });
}
