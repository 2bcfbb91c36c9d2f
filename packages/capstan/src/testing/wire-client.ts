// oxlint-disable-next-line no-explicit-any -- a test reads members of what MLflow answers, each route another shape, and fails where one is missing
type Reply = { status: number; headers: Headers; body: any; text: string };

/** Sends what a client of MLflow sends; texts and bytes go as they are, all else as JSON. */
export const wireClient =
  (url: string) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && {
        body: typeof body === "string" || body instanceof Uint8Array ? (body as NonNullable<RequestInit["body"]>) : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return { status: response.status, headers: response.headers, text, body: isJson && /^[{[]/.test(text) ? JSON.parse(text) : undefined };
  };
