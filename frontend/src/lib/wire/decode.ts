/**
 * Small decoders for JSON that comes from outside.
 *
 * Owns how an unknown value becomes a typed one, and the sentence that says where it did not. Fields nobody declared are
 * dropped, so that an older page survives a newer server.
 */

export type Decoder<T> = (value: unknown, path: string) => T;
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

function refuse(path: string, wanted: string, value: unknown): never {
  const seen = value === undefined ? "nothing" : JSON.stringify(value);
  throw new DecodeError(`${path} must be ${wanted}, got ${seen.slice(0, 80)}`);
}

export const string: Decoder<string> = (value, path) =>
  typeof value === "string" ? value : refuse(path, "a string", value);

export const number: Decoder<number> = (value, path) =>
  typeof value === "number" ? value : refuse(path, "a number", value);

export const boolean: Decoder<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(path, "true or false", value);

export function literal<const T extends string>(...choices: readonly T[]): Decoder<T> {
  return (value, path) =>
    choices.find((choice) => choice === value) ?? refuse(path, `one of ${choices.join(", ")}`, value);
}

export function nullable<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null || value === undefined ? null : decoder(value, path));
}

/** A field that is left out unless somebody asked for it. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, path) => (value === undefined ? undefined : decoder(value, path));
}

export function array<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((entry, index) => item(entry, `${path}[${index}]`))
      : refuse(path, "a list", value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const record: Decoder<Readonly<Record<string, unknown>>> = (value, path) =>
  isRecord(value) ? value : refuse(path, "an object", value);

type Shape<T> = { readonly [K in keyof T]: Decoder<T[K]> };

export function object<T extends object>(shape: Shape<T>): Decoder<Readonly<T>> {
  const fields = Object.entries<Decoder<unknown>>(shape);
  return (value, path) => {
    const source = record(value, path);
    const decoded: Record<string, unknown> = {};
    for (const [name, field] of fields) decoded[name] = field(source[name], `${path}.${name}`);
    return decoded as Readonly<T>;
  };
}

/** One of several objects, told apart by `type`. Each variant's decoder is given under its name. */
export function variants<T extends Readonly<Record<string, Decoder<object>>>>(
  choices: T,
): Decoder<{ [K in keyof T & string]: { readonly type: K } & Decoded<T[K]> }[keyof T & string]> {
  type Variant = { [K in keyof T & string]: { readonly type: K } & Decoded<T[K]> }[keyof T & string];
  const known = new Map<string, Decoder<object>>(Object.entries(choices));
  return (value, path) => {
    const type = string(record(value, path)["type"], `${path}.type`);
    const decoder = known.get(type) ?? refuse(`${path}.type`, `one of ${[...known.keys()].join(", ")}`, type);
    return { ...decoder(value, path), type } as Variant;
  };
}
