import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Datatype } from "../../build/inference/model.ts";
import { segmentReader } from "./segment-format.ts";

/** The thread that turns one segment into lines of JSON; answers once with what it wrote. */
export type RowsToWrite = { path: string; route: string; rowsPath: string };
export type Written = {
  rows: number;
  firstMs: number;
  lastMs: number;
  /** Types of `feature_…` and `output_…` columns, as the table engine names them. */
  columns: Record<string, string>;
  /** By bundle. */
  versions: Map<string, { model: string; number: number; rows: number }>;
};

const types: Readonly<Record<Datatype, string>> = {
  FP32: "FLOAT",
  FP64: "DOUBLE",
  INT32: "INTEGER",
  INT64: "BIGINT",
  BOOL: "BOOLEAN",
  BYTES: "VARCHAR",
};
const { path, route, rowsPath } = workerData as RowsToWrite;
const written: Written = { rows: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY, columns: {}, versions: new Map() };
let lines: string[] = [];

const read = segmentReader(readFileSync(path), (row, context) => {
  let version = written.versions.get(context.bundle);
  if (!version) {
    for (const column of context.inputs) addColumn(`feature_${column.name}`, types[column.datatype]);
    for (const column of context.outputs) addColumn(`output_${column.name}`, types[column.datatype]);
    written.versions.set(context.bundle, (version = { model: context.model, number: context.version, rows: 0 }));
  }
  version.rows++;
  written.rows++;
  written.firstMs = Math.min(written.firstMs, row.observedMs);
  written.lastMs = Math.max(written.lastMs, row.observedMs);
  const line: Record<string, unknown> = {
    id: row.id,
    observed_ms: row.observedMs,
    received_ms: row.receivedMs,
    route,
    epoch: row.epoch,
    model: row.model,
    version: row.version,
    arm: row.arm,
    key: row.key,
    use: row.use,
    caller: row.caller,
    latency_us: row.latencyUs,
    flags: row.flags,
  };
  for (const [name, value] of Object.entries(row.features)) line[`feature_${name}`] = value;
  for (const [name, value] of Object.entries(row.outputs)) line[`output_${name}`] = value;
  lines.push(JSON.stringify(line));
});

const file = openSync(rowsPath, "w", 0o600);
for (let more = true; more;) {
  more = read(5000);
  if (lines.length > 0) writeSync(file, `${lines.join("\n")}\n`);
  lines = [];
}
closeSync(file);
parentPort?.postMessage(written);

/** Versions may disagree on a column's type; then the wider number, or text, holds both. */
function addColumn(name: string, type: string): void {
  const before = written.columns[name];
  if (before === undefined) written.columns[name] = type;
  else if (before !== type) written.columns[name] = before === "VARCHAR" || type === "VARCHAR" ? "VARCHAR" : "DOUBLE";
}
