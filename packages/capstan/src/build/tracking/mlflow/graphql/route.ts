import { setImmediate as turn } from "node:timers/promises";
import { text } from "../fields.ts";
import { toFailure } from "../failures.ts";
import type { Input, WireRequest, WireRoute } from "../model.ts";
import {
  checkLimits,
  type Document,
  DocumentError,
  type Field,
  type Operation,
  parseDocument,
  type Selection,
  type Value,
  Variable,
} from "./document.ts";
import { type FieldType, roots, scalars, types } from "./schema.ts";

/** Elements of a list that are made before others have their turn. */
const atOnce = 200;

type Message = Readonly<Record<string, unknown>>;
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** MLflow's GraphQL interface, which its own pages use: each root field asks one route of the protocol, and gives the part that was selected. */
export function graphqlRoute(routes: readonly WireRoute[]): WireRoute {
  const routeOf = (method: string, path: string): WireRoute | undefined =>
    routes.find((one) => one.method === method && one.path === `/api/2.0${path}`);

  function executor(document: Document, operation: Operation, variables: Input, request: WireRequest) {
    const resolved = (value: Value): unknown => {
      if (value instanceof Variable)
        return (
          variables[value.name] ??
          (operation.defaults[value.name] === undefined ? undefined : resolved(operation.defaults[value.name] ?? null))
        );
      if (Array.isArray(value)) return value.map(resolved);
      if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([key, one]) => [snake(key), resolved(one)]));
      return value;
    };
    const snaked = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(snaked)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, one]) => [snake(key), snaked(one)]))
          : value;

    /** The fields that are asked for, fragments opened, by the name under which they are answered. */
    function fieldsOf(selections: readonly Selection[], into = new Map<string, Field>()): Map<string, Field> {
      for (const one of selections) {
        const off = one.directives.some(
          ({ name, args }) =>
            (name === "skip" && resolved(args["if"] ?? false) === true) || (name === "include" && resolved(args["if"] ?? true) === false),
        );
        if (off) continue;
        if (one.kind === "inline") fieldsOf(one.fields, into);
        else if (one.kind === "spread") fieldsOf(document.fragments.get(one.fragment) ?? [], into);
        else {
          const name = one.alias ?? one.name;
          const before = into.get(name);
          into.set(name, before ? { ...before, fields: [...before.fields, ...one.fields] } : one);
        }
      }
      return into;
    }

    async function ask(method: "GET" | "POST", path: string, input: Input): Promise<Message> {
      const route = routeOf(method, path);
      if (!route) throw new DocumentError(`${path} is not served`);
      return ((await route.handle({ ...request, input, params: {}, whole: true })).json ?? {}) as Message;
    }

    /** What hangs on a run without being part of its message. */
    async function beside(type: string, name: string, message: Message): Promise<unknown> {
      const info = (message["info"] ?? {}) as Message;
      if (type !== "Run") return undefined;
      if (name === "experiment")
        return (await ask("GET", "/mlflow/experiments/get", { experiment_id: info["experiment_id"] }))["experiment"];
      if (name === "modelVersions")
        return (
          (await ask("GET", "/mlflow/model-versions/search", { filter: `run_id = '${String(info["run_id"])}'` }))["model_versions"] ?? []
        );
      return undefined;
    }

    async function shaped(type: FieldType, value: unknown, field: Field): Promise<unknown> {
      if (type.list) {
        const [list, made]: [unknown[], unknown[]] = [Array.isArray(value) ? value : [], []];
        for (let from = 0; from < list.length; from += atOnce) {
          if (from > 0) await turn();
          const some = list.slice(from, from + atOnce);
          made.push(...(await Promise.all(some.map((one) => shaped({ type: type.type }, one, field)))));
        }
        return made;
      }
      if (!scalars.has(type.type)) return object(type.type, (value ?? {}) as Message, field.fields);
      if (type.type === "double") return typeof value === "number" ? value : value === undefined ? 0 : null;
      if (type.type === "boolean") return value === true;
      if (type.type === "long") return String(value ?? 0);
      if (type.type === "int") return value ?? 0;
      return value ?? "";
    }
    async function object(type: string, message: Message, selections: readonly Selection[]): Promise<Record<string, unknown>> {
      const answer: Record<string, unknown> = {};
      for (const [name, field] of fieldsOf(selections)) {
        if (field.name === "__typename") {
          answer[name] = type;
          continue;
        }
        const known = types[type] ?? {};
        const of = Object.hasOwn(known, field.name) ? known[field.name] : undefined;
        if (!of) throw new DocumentError(`Cannot query field '${field.name}' on type '${type}'.`);
        if (field.name === "apiError" && message["api_error"] === undefined) answer[name] = null;
        else answer[name] = await shaped(of, message[snake(field.name)] ?? (await beside(type, field.name, message)), field);
      }
      return answer;
    }

    return async (): Promise<Record<string, unknown>> => {
      const data: Record<string, unknown> = {};
      for (const [name, field] of fieldsOf(operation.fields)) {
        const root = Object.hasOwn(roots, field.name) ? roots[field.name] : undefined;
        if (!root || root.of !== operation.kind) throw new DocumentError(`Cannot query field '${field.name}' on type '${operation.kind}'.`);
        const input = (snaked(resolved(field.args["input"] ?? {})) ?? {}) as Input;
        const message = await ask(root.method, root.path, input).catch((thrown: unknown): Message => {
          if (thrown instanceof DocumentError) throw thrown;
          const failure = toFailure(thrown);
          return { api_error: { code: failure.code, message: failure.message } };
        });
        data[name] = await object(root.type, message, field.fields);
      }
      return data;
    };
  }

  return {
    method: "POST",
    path: "/graphql",
    capability: "read",
    takes: "message",
    handle: async (request) => {
      try {
        const document = parseDocument(text(request.input, "query") ?? "");
        const name = text(request.input, "operationName") || undefined;
        const operation = name === undefined ? document.operations[0] : document.operations.find((one) => one.name === name);
        if (!operation) throw new DocumentError(name === undefined ? "Must provide an operation." : `Unknown operation named '${name}'.`);
        checkLimits(document, operation);
        const variables = request.input["variables"];
        const given = typeof variables === "object" && variables !== null && !Array.isArray(variables) ? (variables as Input) : {};
        return { status: 200, json: { data: await executor(document, operation, given, request)(), errors: null } };
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error;
        return { status: 200, json: { data: null, errors: [error.message] } };
      }
    },
  };
}
