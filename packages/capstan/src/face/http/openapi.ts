import type { Operation } from "@capstan/contract";
import { z } from "zod";

/** OpenAPI 3.1 of the native operations, from the contract. */
export function openApi(operations: Readonly<Record<string, Operation>>, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, one] of Object.entries(operations)) {
    const path = `/api/v1${one.path}`;
    const inPath = [...one.path.matchAll(/\{(\w+)(?:\.\.\.)?\}/g)].map((match) => match[1] ?? "");
    const schema = z.toJSONSchema(one.input, { io: "input", unrepresentable: "any" }) as {
      properties?: Record<string, object>;
      required?: string[];
    };
    const properties = schema.properties ?? {};
    const required = new Set(schema.required ?? []);
    const others = Object.entries(properties).filter(([key]) => !inPath.includes(key));
    const reads = one.method === "GET" || one.method === "DELETE";
    (paths[path] ??= {})[one.method.toLowerCase()] = {
      operationId: name,
      summary: one.text,
      "x-capability": one.capability,
      parameters: [
        ...inPath.map((key) => ({ name: key, in: "path", required: true, schema: properties[key] ?? { type: "string" } })),
        ...(reads ? others.map(([key, value]) => ({ name: key, in: "query", required: required.has(key), schema: value })) : []),
      ],
      ...(!reads && {
        requestBody: {
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: Object.fromEntries(others),
                required: others.map(([key]) => key).filter((key) => required.has(key)),
              },
            },
          },
        },
      }),
      responses: {
        "200": {
          description: "done",
          content: { "application/json": { schema: z.toJSONSchema(one.output, { io: "output", unrepresentable: "any" }) } },
        },
        default: {
          description: "an error of the table",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Capstan", version },
    paths,
    components: {
      schemas: {
        Error: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message", "exit", "do"],
              properties: {
                code: { type: "string" },
                message: { type: "string" },
                exit: { type: "integer" },
                do: { type: "string" },
                why: { type: "string" },
                request: { type: "string" },
              },
            },
          },
        },
      },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
    security: [{ bearer: [] }],
  };
}
