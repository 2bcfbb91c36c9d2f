/** What a client wrote about a dataset, as far as it is understood; its forms differ by client and kind of data. */
type Parsed = Record<string, unknown>;
const parse = (text: string | null): Parsed | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Parsed) : undefined;
  } catch {
    return undefined;
  }
};

/** Where it came from: the address in the description, else the description. */
export function placeOf(source: string): string {
  const parsed = parse(source);
  for (const name of ["uri", "url", "path", "table_name", "delta_table_name", "digest"]) {
    const value = parsed?.[name];
    if (typeof value === "string" && value !== "") return value;
  }
  const script = (parsed?.["tags"] as Parsed | undefined)?.["mlflow.source.name"];
  if (typeof script === "string") return script;
  return parsed && Object.keys(parsed).length === 0 ? "" : source;
}

/** `150 rows, 5 elements` of `{"num_rows": 150, "num_elements": 5}`. */
export const sizeOf = (profile: string | null): string =>
  Object.entries(parse(profile) ?? {})
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]) => `${String(value)} ${name.replace(/^num_/, "").replaceAll("_", " ")}`)
    .join(", ");

/** `x long, y double` of a described schema. */
export function columnsOf(schema: string | null): string[] {
  const parsed = parse(schema);
  const list = parsed?.["mlflow_colspec"];
  if (!Array.isArray(list)) return [];
  return list.map((one: { name?: unknown; type?: unknown }) => `${String(one.name ?? "")} ${String(one.type ?? "")}`.trim());
}
