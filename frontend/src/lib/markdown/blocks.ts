/**
 * Cuts Markdown that still grows into blocks, so that only the last ones are read again.
 *
 * Pure. A block is the source of one top-level construct; all but the newest never change once they are followed.
 */

import { type Token } from "marked";

import { lex } from "./lexer";

export interface Block {
  /** Where it begins in the text; its key on the page. */
  readonly offset: number;
  readonly source: string;
  /** Link definitions that ride on it, a line each. */
  readonly definitions: readonly string[];
}

export interface Blocks {
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Link definitions stand anywhere and count everywhere. */
  readonly definitions: string;
}

export const noBlocks: Blocks = { text: "", blocks: [], definitions: "" };

/** The blocks of `text`; `previous` are those of a text it may have grown from. */
export function blocksOf(text: string, previous: Blocks = noBlocks): Blocks {
  const normal = text.replace(/\r\n?/g, "\n");
  const kept = normal.startsWith(previous.text) ? settled(previous.blocks) : [];
  const last = kept.at(-1);
  const blocks = [...kept, ...cut(normal, last === undefined ? 0 : last.offset + last.source.length)];
  return { text: normal, blocks, definitions: blocks.flatMap(({ definitions }) => definitions).join("\n") };
}

/** The last block may still grow, and the one before may turn out to be its beginning (a list with a blank line). */
function settled(blocks: readonly Block[]): readonly Block[] {
  return blocks.slice(0, -2);
}

function cut(text: string, start: number): readonly Block[] {
  const blocks: Block[] = [];
  let offset = start;
  for (const token of lex(text.slice(start))) {
    const definitions = token.type === "def" ? [token.raw.trim()] : [];
    // Blank lines and definitions ride on the block before, so that the sources join to the text again.
    const last = isSilent(token) ? blocks.pop() : undefined;
    blocks.push({
      offset: last?.offset ?? offset,
      source: (last?.source ?? "") + token.raw,
      definitions: [...(last?.definitions ?? []), ...definitions],
    });
    offset += token.raw.length;
  }
  return blocks;
}

function isSilent(token: Token): boolean {
  return token.type === "space" || token.type === "def";
}
