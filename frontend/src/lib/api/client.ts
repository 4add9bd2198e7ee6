/** REST calls: one function, one typed error. Knows HTTP and the error body; knows nothing of what is asked for. */

import type { Decoder } from "@/lib/wire/decode";
import type { Refusal } from "@/lib/wire/frames";

const BASE = "/api/v1";

/** Between two tries of a call that failed in passing. */
export const RETRY_MS = 2000;

/** A call that the server refused, or that never reached it (`code` = "network", `status` = 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly refusal: Refusal;

  constructor(status: number, refusal: Refusal) {
    super(refusal.message);
    this.status = status;
    this.refusal = refusal;
  }

  /** Worth asking again as it is: the network failed, or the server is not up. */
  get is_passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

export interface Call<T> {
  readonly method?: Method;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
  readonly answer: Decoder<T>;
}

export async function request<T>({ method = "GET", path, query = {}, body, answer }: Call<T>): Promise<T> {
  const response = await reach(urlOf(path, query), {
    method,
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(method === "GET" ? {} : { "X-CSRFToken": csrfToken() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const content = response.status === 204 ? undefined : await jsonOf(response);
  if (!response.ok) throw new ApiError(response.status, refusalOf(response.status, content));
  return answer(content, path);
}

export function urlOf(path: string, query: Readonly<Record<string, string | null>>): string {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null);
  const search = new URLSearchParams(entries).toString();
  return `${BASE}${path}${search === "" ? "" : `?${search}`}`;
}

export function csrfToken(cookies: string = document.cookie): string {
  return /(?:^|;\s*)csrftoken=([^;]*)/.exec(cookies)?.[1] ?? "";
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new ApiError(0, { type: "error", code: "network", message: String(cause), details: {} });
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined; // a proxy's error page, not ours
  }
}

function refusalOf(status: number, content: unknown): Refusal {
  const error = field(content, "error");
  const code = field(error, "code");
  const message = field(error, "message");
  const details = field(error, "details");
  return {
    type: "error",
    code: typeof code === "string" ? code : `http_${status}`,
    message: typeof message === "string" ? message : "",
    details: typeof details === "object" && details !== null ? { ...details } : {},
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
