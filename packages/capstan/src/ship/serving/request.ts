import { CapstanError } from "../../base/foundation/errors.ts";
import type { Column, Datatype, Signature } from "../../build/inference/model.ts";

/** Largest number of rows in one request. */
const maxRows = 10_000;

export type InferenceRequest = {
  readonly id: string | undefined;
  readonly rows: number;
  /** Plain values by input name. */
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly keys: readonly string[] | null;
  /** Event times; absent means the time of arrival. */
  readonly observedMs: readonly number[] | null;
  /** Names of outputs that were asked for; all when absent. */
  readonly outputs: readonly string[] | null;
};

const refuse = (route: string, problem: string): CapstanError => new CapstanError("CAP-SERVE-004", { route, problem });

/** A V2 request against the signature: names, shapes, datatypes and every value. Each refusal names the input, and the row where there is one. */
export function readRequest(route: string, signature: Signature, body: unknown): InferenceRequest {
  if (!isObject(body)) throw refuse(route, "the body is no JSON object");
  const { inputs } = body;
  if (!Array.isArray(inputs)) throw refuse(route, "`inputs` is no list");
  const known = signature.inputs;
  const columns: Record<string, readonly unknown[]> = {};
  let rows = -1;
  let found = 0;
  let keys: readonly string[] | null = null;
  let times: readonly string[] | null = null;
  for (const input of inputs as unknown[]) {
    if (!isObject(input) || typeof input["name"] !== "string") throw refuse(route, "an input has no name");
    const name = input["name"];
    const column = known.find((one) => one.name === name);
    const ours = name === "capstan.key" || name === "capstan.observed_at";
    if (!column && !ours) throw refuse(route, `there is no input ${quote(name)}; it takes ${known.map((one) => one.name).join(", ")}`);
    const datatype: Datatype = column ? column.datatype : "BYTES";
    if (input["datatype"] !== datatype) throw refuse(route, `input ${quote(name)} is ${datatype}, not ${quote(input["datatype"])}`);
    const count = rowsOfShape(route, name, input["shape"]);
    if (rows === -1) rows = count;
    else if (rows !== count) throw refuse(route, `input ${quote(name)} has ${count} rows, others have ${rows}`);
    const values = flat(input["data"]);
    if (!values) throw refuse(route, `input ${quote(name)} has no data`);
    if (values.length !== count) throw refuse(route, `input ${quote(name)} has ${values.length} values for ${count} rows`);
    checkValues(route, name, datatype, values);
    if (column) {
      if (columns[name] !== undefined) throw refuse(route, `input ${quote(name)} is given twice`);
      columns[name] = values;
      found++;
    } else if (name === "capstan.key") keys = values as string[];
    else times = values as string[];
  }
  if (found !== known.length) throw refuse(route, `input ${quote(missing(known, columns))} is missing`);
  const parameters = isObject(body["parameters"]) ? body["parameters"] : undefined;
  if (parameters) {
    keys ??= parameter(route, parameters, "capstan.key", rows);
    times ??= parameter(route, parameters, "capstan.observed_at", rows);
  }
  const id = body["id"];
  if (id !== undefined && typeof id !== "string") throw refuse(route, "`id` is no text");
  return {
    id,
    rows,
    columns,
    keys: checkKeys(route, keys),
    observedMs: times && times.map((time, row) => timeOf(route, time, row)),
    outputs: outputNames(route, signature, body["outputs"]),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const quote = (value: unknown): string => (typeof value === "string" ? value.slice(0, 80) : JSON.stringify(value ?? null).slice(0, 80));
const missing = (known: readonly Column[], columns: Readonly<Record<string, unknown>>): string =>
  known.find((one) => columns[one.name] === undefined)?.name ?? "";

function rowsOfShape(route: string, name: string, shape: unknown): number {
  const fits = Array.isArray(shape) && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  const rows: unknown = fits ? shape[0] : undefined;
  if (!Number.isInteger(rows) || (rows as number) < 1)
    throw refuse(route, `input ${quote(name)} has shape ${quote(shape)}, it takes [n, 1]`);
  if ((rows as number) > maxRows) throw refuse(route, `${String(rows)} rows; a request has at most ${maxRows}`);
  return rows as number;
}

/** Data may be flat or nested by rows. */
function flat(data: unknown): unknown[] | undefined {
  if (!Array.isArray(data)) return undefined;
  return Array.isArray(data[0]) ? (data as unknown[]).flat(1) : (data as unknown[]);
}

function checkValues(route: string, name: string, datatype: Datatype, values: readonly unknown[]): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (!valueFits(datatype, value))
      throw refuse(route, `input ${quote(name)} has ${quote(value)} in row ${row}, it takes ${words[datatype]}`);
  }
}
const words: Readonly<Record<Datatype, string>> = {
  FP32: "finite numbers",
  FP64: "finite numbers",
  INT32: "whole numbers of 32 bits",
  INT64: "whole numbers up to 2^53",
  BOOL: "true and false",
  BYTES: "text",
};
function valueFits(datatype: Datatype, value: unknown): boolean {
  switch (datatype) {
    case "FP32":
      return typeof value === "number" && Math.abs(value) <= 3.4028235677973366e38;
    case "FP64":
      return typeof value === "number" && Number.isFinite(value);
    case "INT32":
      return typeof value === "number" && (value | 0) === value;
    case "INT64":
      return Number.isSafeInteger(value);
    case "BOOL":
      return value === true || value === false || value === 0 || value === 1;
    case "BYTES":
      return typeof value === "string";
  }
}

/** One text for all rows. */
function parameter(route: string, parameters: Record<string, unknown>, name: string, rows: number): readonly string[] | null {
  const value = parameters[name];
  if (value === undefined) return null;
  if (typeof value !== "string") throw refuse(route, `parameter ${name} is no text`);
  return new Array<string>(rows).fill(value);
}

function checkKeys(route: string, keys: readonly string[] | null): readonly string[] | null {
  const bad = keys?.findIndex((key) => key.length === 0 || key.length > 256) ?? -1;
  if (bad >= 0) throw refuse(route, `capstan.key of row ${bad} has no or more than 256 characters`);
  return keys;
}

function timeOf(route: string, text: string, row: number): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw refuse(route, `capstan.observed_at of row ${row} is ${quote(text)}, it takes RFC 3339 such as 2001-04-01T10:00:00Z`);
  return ms;
}

function outputNames(route: string, signature: Signature, outputs: unknown): readonly string[] | null {
  if (outputs === undefined) return null;
  if (!Array.isArray(outputs)) throw refuse(route, "`outputs` is no list");
  return outputs.map((output: unknown) => {
    const name = isObject(output) ? output["name"] : undefined;
    if (!signature.outputs.some((column) => column.name === name))
      throw refuse(route, `there is no output ${quote(name)}; it gives ${signature.outputs.map((one) => one.name).join(", ")}`);
    return name as string;
  });
}
