/** Which addresses a model may make clickable. Pure. */

const ALLOWED = /^(?:https?:|mailto:)/i;

/** The address to link to, or null if only its text may be shown. */
export function safeHref(href: string): string | null {
  // Browsers skip control characters and spaces inside a scheme: "java\nscript:" runs.
  const bare = Array.from(href).filter((character) => character > " " && character !== "\u007f").join("");
  return ALLOWED.test(bare) ? bare : null;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Character references as the characters they stand for. React escapes them again, so that none becomes a tag. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (whole, decimal, hex, name) => {
    if (typeof name === "string") return NAMED[name] ?? whole;
    const code = typeof decimal === "string" ? Number(decimal) : parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
