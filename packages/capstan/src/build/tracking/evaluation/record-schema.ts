import type { Json } from "../../../base/foundation/canonical-json.ts";

type Fields = Record<string, Json>;
const fieldsOf = (value: Json | undefined): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** The names that MLflow's clients read. */
function typeOf(value: Json): string {
  if (value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean") return typeof value;
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "float";
  return Array.isArray(value) ? "array" : "object";
}

/** A client may have said a schema of its own; one that is no JSON object gives way. */
function said(text: string | null): Fields {
  try {
    return fieldsOf(JSON.parse(text ?? "{}") as Json) ?? {};
  } catch {
    return {};
  }
}

/** What records hold, by the first that had each field; what was known before stays. The text is MLflow's own form of it. */
export function recordSchema(before: string | null, records: readonly { inputs: Json; outputs?: Json; expectations?: Json }[]): string {
  const known = said(before);
  const outputs = known["outputs"];
  const schema: { inputs: Fields; outputs: Json; expectations: Fields } = {
    inputs: { ...fieldsOf(known["inputs"]) },
    outputs: typeof outputs === "string" ? outputs : { ...fieldsOf(outputs) },
    expectations: { ...fieldsOf(known["expectations"]) },
  };
  const add = (to: Fields, from: Json | undefined): void => {
    for (const [key, value] of Object.entries(fieldsOf(from) ?? {})) if (!Object.hasOwn(to, key)) to[key] = typeOf(value ?? null);
  };
  for (const one of records) {
    add(schema.inputs, one.inputs);
    add(schema.expectations, one.expectations);
    const into = fieldsOf(schema.outputs);
    if (into && fieldsOf(one.outputs)) add(into, one.outputs);
    else if (into && Object.keys(into).length === 0 && one.outputs !== undefined && one.outputs !== null)
      schema.outputs = typeOf(one.outputs);
  }
  return JSON.stringify({ ...known, ...schema, version: typeof known["version"] === "string" ? known["version"] : "1.0" });
}
