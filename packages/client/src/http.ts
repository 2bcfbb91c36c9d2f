import type { ErrorBody, InputOf, Method, Operation, OutputOf } from "@capstan/contract";

/** As much of `fetch` as calls need. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal; credentials?: "same-origin" },
) => Promise<{ status: number; text(): Promise<string> }>;

export type ClientOptions = {
  /** Of the server; empty in its own page. */
  url: string;
  token?: string | undefined;
  fetch?: Fetch;
};

/** A refusal of the server: code, what was wrong and what to do, from the one table. */
export class ClientError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = "ClientError";
    this.status = status;
    this.body = body;
  }
  get code(): string {
    return this.body.code;
  }
}

export type Client<O extends Record<string, Operation>> = {
  /** One operation, typed by the table. Rejects with ClientError when refused, with the cause of `fetch` when not reached. */
  call<K extends keyof O & string>(name: K, input: InputOf<O[K]>, options?: { signal?: AbortSignal }): Promise<OutputOf<O[K]>>;
};

/** Where an operation is served: all that a call needs of the table. */
export type Routes<O> = { readonly [K in keyof O]: { readonly method: Method; readonly path: string } };

export function clientOf<O extends Record<string, Operation>>(routes: Routes<O>, options: ClientOptions): Client<O> {
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const base = options.url.replace(/\/+$/, "");
  return {
    async call(name, input, more = {}) {
      const route = routes[name];
      if (!route) throw new TypeError(`there is no operation ${name}`);
      const { path, body } = requestOf(route, input as Record<string, unknown>);
      const response = await send(`${base}/api/v1${path}`, {
        method: route.method,
        headers: {
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(options.token && { authorization: `Bearer ${options.token}` }),
        },
        credentials: "same-origin",
        ...(body !== undefined && { body }),
        ...(more.signal && { signal: more.signal }),
      });
      const text = await response.text();
      if (response.status >= 200 && response.status < 300) return JSON.parse(text) as never;
      throw new ClientError(response.status, errorOf(response.status, text));
    },
  };
}

/** Members named in the path go there; the others into the query of a GET or DELETE, else into the body. */
export function requestOf(
  route: { method: Method; path: string },
  input: Record<string, unknown>,
): { path: string; body: string | undefined } {
  const rest = { ...input };
  const path = route.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, key: string, many: string | undefined) => {
    const value = String(rest[key] ?? "");
    delete rest[key];
    return many ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  if (route.method !== "GET" && route.method !== "DELETE") return { path, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      if (one !== undefined && one !== null)
        query.append(key, typeof one === "object" ? JSON.stringify(one) : String(one as string | number | boolean));
  }
  const text = query.toString();
  return { path: text === "" ? path : `${path}?${text}`, body: undefined };
}

export function errorOf(status: number, text: string): ErrorBody {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorBody };
    if (error && typeof error.code === "string" && typeof error.message === "string") return error;
  } catch {
    // Said below.
  }
  return {
    code: "CAP-REQUEST-002",
    message: `the server answered ${status} without saying why`,
    exit: 6,
    do: "look whether the address leads to Capstan, and not to a proxy or another program",
  };
}
