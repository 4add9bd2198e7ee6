/** Tokens to React elements: what each Markdown construct looks like. */

import type { Token, Tokens } from "marked";
import { createElement, Fragment, type ReactNode } from "react";

import { CodeBlock } from "./code-block";
import { Formula } from "./formula";
import type { MathToken } from "./lexer";
import { decodeEntities, safeHref } from "./links";
import { withRedactions } from "./redaction";

export interface Rendering {
  readonly redaction: string;
}

type Known = KnownToken | MathToken;
type KnownToken =
  | Tokens.Blockquote
  | Tokens.Br
  | Tokens.Checkbox
  | Tokens.Code
  | Tokens.Codespan
  | Tokens.Def
  | Tokens.Del
  | Tokens.Em
  | Tokens.Escape
  | Tokens.Heading
  | Tokens.Hr
  | Tokens.HTML
  | Tokens.Image
  | Tokens.Link
  | Tokens.List
  | Tokens.ListItem
  | Tokens.Paragraph
  | Tokens.Space
  | Tokens.Strong
  | Tokens.Table
  | Tokens.Text;

export function renderTokens(tokens: readonly Token[], rendering: Rendering): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{renderToken(token as Known, rendering)}</Fragment>);
}

function renderToken(token: Known, rendering: Rendering): ReactNode {
  const inside = (tokens: readonly Token[]): ReactNode => renderTokens(tokens, rendering);
  const text = (content: string): ReactNode => withRedactions(content, rendering.redaction);
  switch (token.type) {
    case "paragraph":
      return <p>{inside(token.tokens)}</p>;
    case "heading":
      // The page has its own h1 and h2; an answer's headings stand below them.
      return createElement(`h${Math.min(6, token.depth + 2)}`, { "data-depth": token.depth }, inside(token.tokens));
    case "code":
      return <CodeBlock code={token.text} info={token.lang ?? ""} />;
    case "math":
      return <Formula source={token.text} is_display={token.is_display} />;
    case "blockquote":
      return <blockquote>{inside(token.tokens)}</blockquote>;
    case "list":
      return renderList(token, rendering);
    case "list_item":
      return <li data-task={token.task || undefined}>{inside(token.tokens)}</li>;
    case "checkbox":
      return <input type="checkbox" checked={token.checked} readOnly disabled aria-label={token.raw.trim()} />;
    case "table":
      return renderTable(token, rendering);
    case "hr":
      return <hr />;
    case "strong":
      return <strong>{inside(token.tokens)}</strong>;
    case "em":
      return <em>{inside(token.tokens)}</em>;
    case "del":
      return <del>{inside(token.tokens)}</del>;
    case "codespan":
      return <code>{text(token.text)}</code>;
    case "br":
      return <br />;
    case "link":
      return renderLink(token.href, inside(token.tokens));
    case "image":
      // A picture from elsewhere would tell elsewhere that this person reads it.
      return renderLink(token.href, token.text === "" ? token.href : decodeEntities(token.text));
    case "escape":
      return text(token.text);
    case "text":
      return token.tokens === undefined ? text(decodeEntities(token.text)) : inside(token.tokens);
    case "html":
      return text(token.raw);
    case "space":
    case "def":
      return null;
  }
}

function renderList({ ordered, start, items }: Tokens.List, rendering: Rendering): ReactNode {
  const rows = renderTokens(items, rendering);
  return ordered ? <ol {...(start === "" ? {} : { start })}>{rows}</ol> : <ul>{rows}</ul>;
}

function renderTable({ header, rows }: Tokens.Table, rendering: Rendering): ReactNode {
  const cell = (Tag: "th" | "td") => (content: Tokens.TableCell, index: number) => (
    <Tag key={index} data-align={content.align ?? undefined} {...(Tag === "th" ? { scope: "col" } : {})}>
      {renderTokens(content.tokens, rendering)}
    </Tag>
  );
  return (
    // It scrolls inside itself, so the keyboard must reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-frame" tabIndex={0}>
      <table>
        <thead>
          <tr>{header.map(cell("th"))}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{row.map(cell("td"))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function renderLink(href: string, children: ReactNode): ReactNode {
  const safe = safeHref(href);
  if (safe === null) return children;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
