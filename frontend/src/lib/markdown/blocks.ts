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
  const start = kept.reduce((end, block) => Math.max(end, block.offset + block.source.length), 0);
  const fresh = cut(normal.slice(start), start);
  return {
    text: normal,
    blocks: [...kept, ...fresh.blocks],
    definitions: kept.length === 0 ? fresh.definitions : merged(previous.definitions, fresh.definitions),
  };
}

/** The last block may still grow, and the one before may turn out to be its beginning (a list with a blank line). */
function settled(blocks: readonly Block[]): readonly Block[] {
  return blocks.slice(0, -2);
}

function cut(text: string, start: number): { blocks: readonly Block[]; definitions: string } {
  const blocks: Block[] = [];
  const definitions: string[] = [];
  let offset = start;
  for (const token of lex(text)) {
    if (token.type === "def") definitions.push(token.raw.trim());
    // Blank lines and definitions ride on the block before, so that the sources join to the text again.
    const last = blocks.at(-1);
    if (last !== undefined && isSilent(token)) blocks[blocks.length - 1] = { ...last, source: last.source + token.raw };
    else blocks.push({ offset, source: token.raw });
    offset += token.raw.length;
  }
  return { blocks, definitions: definitions.join("\n") };
}

function isSilent(token: Token): boolean {
  return token.type === "space" || token.type === "def";
}

function merged(before: string, after: string): string {
  return [...new Set([...before.split("\n"), ...after.split("\n")])].filter((line) => line !== "").join("\n");
}
