import { z } from "zod";

/**
 * What a caller may do, named by the act. Roles are sets of these (`roles.ts`).
 * `read` also opens things without a token on loopback, as do `log` and `predict`; everything else needs a local session or a token.
 */
export const capabilities = [
  "read",
  "predict",
  "log",
  "run",
  "register",
  "request",
  "approve",
  "release",
  "rollback",
  "stop",
  "policy",
  "waive",
  "incident",
  "comment",
  "export",
  "admin",
] as const;
export type Capability = (typeof capabilities)[number];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One thing that UI, CLI, SDK and HTTP can do. Everything else (route, OpenAPI, client, role table) follows from this value. */
export type Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> = {
  readonly method: Method;
  /** Below `/api/v1`. `{name}` segments are taken from the input by name. */
  readonly path: string;
  readonly capability: Capability;
  /** Path parameters, query (GET, DELETE) and body members, flat. */
  readonly input: I;
  readonly output: O;
  /** One sentence, shown in OpenAPI and `capstan api`. */
  readonly text: string;
  /** Reads every project at once: not for callers who are limited to some. */
  readonly wholeStore?: true;
  /** The largest accepted body; 1 MiB unless said. */
  readonly bodyLimitBytes?: number;
};

export const operation = <I extends z.ZodType, O extends z.ZodType>(definition: Operation<I, O>): Operation<I, O> => definition;

export type InputOf<T extends Operation> = z.input<T["input"]>;
export type ParsedInputOf<T extends Operation> = z.output<T["input"]>;
export type OutputOf<T extends Operation> = z.output<T["output"]>;
