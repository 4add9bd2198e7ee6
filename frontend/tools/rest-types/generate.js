/**
 * Writes src/lib/wire/rest.ts from contracts/rest-v1.json: the shapes of REST v1 as types.
 *
 * The two digests in its head let a test see, without this tool, that contract and types belong together
 * (tests/api/test_contract.py). Addresses and titles are left out: nobody reads them.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import openapiTS, { astToString } from "openapi-typescript";

const CHECKOUT = join(import.meta.dirname, "../../..");
const CONTRACT = join(CHECKOUT, "contracts/rest-v1.json");
const TYPES = join(CHECKOUT, "frontend/src/lib/wire/rest.ts");

const digest = (text) => createHash("sha256").update(text).digest("hex");

/** A title is its field's name again. */
function withoutTitles(value) {
  if (Array.isArray(value)) return value.map(withoutTitles);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name, inner]) => name !== "title" || typeof inner !== "string");
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutTitles(inner)]));
}

const contract = readFileSync(CONTRACT, "utf8");
const { paths: _, components, ...about } = JSON.parse(contract);
const schema = { ...about, paths: {}, components: withoutTitles(components) };
const tree = await openapiTS(schema, { immutable: true, exportType: false });
const types = `\n${astToString(tree)}\n/** By the name that Python gives the shape. */\nexport type Rest = components["schemas"];\n`;
const head = `/**
 * The shapes of REST v1. Generated, not to be edited: \`npm run rest\` in frontend/.
 *
 * contract sha256:${digest(contract)}
 * types sha256:${digest(types)}
 */
`;
writeFileSync(TYPES, head + types);
