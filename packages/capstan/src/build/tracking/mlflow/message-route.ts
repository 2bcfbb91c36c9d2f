import type { Input, WireRequest, WireRoute } from "./model.ts";

/** Makes routes below a path whose body or query is a message and whose answer is one. */
export const messageRoute =
  (base: string) =>
  (
    method: WireRoute["method"],
    path: string,
    capability: "read" | "log",
    answer: (input: Input, request: WireRequest) => Promise<object>,
  ): WireRoute => ({
    method,
    path: `${base}${path}`,
    capability,
    takes: "message",
    handle: async (request) => ({ status: 200, json: await answer(request.input, request) }),
  });
