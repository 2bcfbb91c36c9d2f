import { ClientError, type Output } from "../../data/api.ts";

export type Column = NonNullable<Output<"routes.get">["signature"]>["inputs"][number];
/** What stands in the fields, by column. */
export type Row = Readonly<Record<string, string>>;
export type Reply = {
  version: string;
  outputs: { name: string; datatype: string; data: (number | string | boolean)[] }[];
  body: unknown;
  seconds: number;
};

/** What keeps a text from being a value of the column's type; null when nothing does. */
export function wrong(column: Column, text: string): string | null {
  if (column.datatype === "BYTES") return null;
  if (column.datatype === "BOOL") return text === "true" || text === "false" ? null : "true or false";
  if (text.trim() === "" || !Number.isFinite(Number(text))) return "a number";
  return column.datatype.startsWith("INT") && !Number.isInteger(Number(text)) ? "a whole number" : null;
}

const valueOf = (column: Column, text: string): string | number | boolean =>
  column.datatype === "BYTES" ? text : column.datatype === "BOOL" ? text === "true" : Number(text);

/** A request in the Open Inference Protocol, one entry per row. */
export const requestOf = (columns: readonly Column[], rows: readonly Row[]) => ({
  inputs: columns.map((column) => ({
    name: column.name,
    datatype: column.datatype,
    shape: [rows.length, 1],
    data: rows.map((row) => valueOf(column, row[column.name] ?? "")),
  })),
});

/** Asks one arm of a route as any client would; logged as use `playground`, which monitors leave out. */
export async function infer(url: string, version: string, columns: readonly Column[], rows: readonly Row[]): Promise<Reply> {
  const began = performance.now();
  const response = await fetch(url.replace(/\/infer$/, `/versions/${version.slice(1)}/infer`), {
    method: "POST",
    headers: { "content-type": "application/json", "capstan-use": "playground" },
    body: JSON.stringify(requestOf(columns, rows)),
  });
  const body = (await response.json()) as { outputs?: Reply["outputs"]; code?: string; message?: string; error?: string; do?: string };
  if (!response.ok)
    throw new ClientError(response.status, {
      code: body.code ?? `HTTP ${response.status}`,
      message: body.message ?? body.error ?? "the route did not answer",
      do: body.do ?? "",
      exit: 1,
    });
  return { version, outputs: body.outputs ?? [], body, seconds: (performance.now() - began) / 1000 };
}

/** The first number that a reply holds for a row: the score that is drawn. */
export function scoreOf(reply: Reply, row = 0): number | null {
  const value = reply.outputs[0]?.data[row];
  return typeof value === "number" ? value : null;
}
