/** Markdown to tokens: marked with GitHub's extensions, and mathematics between $$, \[ \], \( \) and careful $. Pure. */

import { Marked, type Token, type TokenizerExtension } from "marked";

export interface MathToken {
  readonly type: "math";
  readonly raw: string;
  readonly text: string;
  readonly is_display: boolean;
}

const blockMath: TokenizerExtension = {
  name: "math",
  level: "block",
  start: (source) => /(?:^|\n) {0,3}(?:\$\$|\\\[)/.exec(source)?.index,
  tokenizer(source) {
    const found = /^ {0,3}(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]) *(?:\n|$)/.exec(source);
    return mathToken(found, true);
  },
};

const inlineMath: TokenizerExtension = {
  name: "math",
  level: "inline",
  start: (source) => /\$|\\\(|\\\[/.exec(source)?.index,
  tokenizer(source) {
    const display = /^(?:\$\$([^$]+?)\$\$|\\\[([\s\S]+?)\\\])/.exec(source);
    if (display !== null) return mathToken(display, true);
    // Pandoc's rule keeps prices out: no space inside the marks, no digit after the second.
    const inline = /^(?:\$(?! )((?:[^$\\\n]|\\.)+?)(?<! )\$(?!\d)|\\\(([\s\S]+?)\\\))/.exec(source);
    return mathToken(inline, false);
  },
};

function mathToken(found: RegExpExecArray | null, is_display: boolean): MathToken | undefined {
  const text = (found?.[1] ?? found?.[2])?.trim();
  if (found === null || text === undefined || text === "") return undefined;
  return { type: "math", raw: found[0], text, is_display };
}

const marked = new Marked({ gfm: true, extensions: [blockMath, inlineMath] });

export function lex(source: string): readonly Token[] {
  return marked.lexer(source);
}

/**
 * Close what the newest line of a growing text left open, so that `**bold` is bold before its end has come and half a
 * link is its text. Only for the last block, and never inside a code fence.
 */
export function closeOpenMarks(source: string): string {
  if (/^[\s>*+\-\d.]*(?:```|~~~)/m.test(source) || /^\s*(?:\$\$|\\\[)/.test(source)) return source;
  let closed = source.replace(/!?\[([^\][]*)\]\([^()\s]*$/, "$1");
  const code_marks = closed.match(/`+/g)?.length ?? 0;
  if (code_marks % 2 === 1) return /`+$/.test(closed) ? closed.replace(/`+$/, "") : `${closed}\``;
  for (const mark of ["**", "~~"]) {
    const count = closed.split(mark).length - 1;
    if (count % 2 === 1) closed = closed.endsWith(mark) ? closed.slice(0, -mark.length) : closeAfterText(closed, mark);
  }
  return closed;
}

/** A closing mark counts only directly behind a word. */
function closeAfterText(source: string, mark: string): string {
  const end = source.trimEnd().length;
  return source.slice(0, end) + mark + source.slice(end);
}
