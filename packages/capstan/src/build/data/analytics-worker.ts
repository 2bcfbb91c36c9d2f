import { DuckDBInstance } from "@duckdb/node-api";
import { columnsOf, rowsOf } from "./analytics-cells.ts";
import type { AnalyticsSettings, Answer, Ask, Columns, Failure, TableRow } from "./analytics-message.ts";

/** The body of the analytics child process: answers `Ask` with `Answer`, ends with its parent. */
const settings = JSON.parse(process.argv[2] ?? "{}") as AnalyticsSettings;
const options = {
  threads: String(settings.threads),
  memory_limit: settings.memoryLimit,
  temp_directory: settings.tempFolder,
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
};
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

let shared: Promise<DuckDBInstance> | undefined;

async function openFor(ask: Ask): Promise<{ instance: DuckDBInstance; end(): void }> {
  if (!ask.only) {
    shared ??= DuckDBInstance.create(":memory:", options);
    return { instance: await shared, end() {} };
  }
  // Access can only be taken away from a whole instance, and never be given back.
  const instance = await DuckDBInstance.create(":memory:", options);
  const connection = await instance.connect();
  await connection.run("set TimeZone='UTC'");
  await connection.run(`set allowed_paths=[${ask.only.map(text).join(", ")}]`);
  await connection.run("set enable_external_access=false");
  await connection.run("set lock_configuration=true");
  connection.closeSync();
  return { instance, end: () => instance.closeSync() };
}

async function answer(ask: Ask): Promise<Answer> {
  const { instance, end } = await openFor(ask);
  const connection = await instance.connect();
  let late = false;
  const timer =
    ask.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          connection.interrupt();
        }, ask.timeoutMs);
  try {
    const results: (TableRow[] | Columns)[] = [];
    if (!ask.only) await connection.run("set TimeZone='UTC'");
    for (const query of ask.queries) {
      const result = await connection.run(query.sql, query.params && query.params.length > 0 ? [...query.params] : undefined);
      results.push(ask.shape === "rows" ? await rowsOf(result) : await columnsOf(result));
    }
    return { id: ask.id, results };
  } catch (error) {
    return { id: ask.id, failure: failureOf(error, late) };
  } finally {
    clearTimeout(timer);
    connection.closeSync();
    end();
  }
}

function failureOf(error: unknown, late: boolean): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (late) return { kind: "time", message };
  if (message.startsWith("Out of Memory Error"))
    return { kind: /temp|disk|storage/i.test(message) && /No space left/i.test(message) ? "disk" : "memory", message };
  if (/No space left on device/i.test(message)) return { kind: "disk", message };
  return { kind: "sql", message };
}

process.on("message", (ask: Ask) => {
  void answer(ask)
    .catch((error: unknown): Answer => ({ id: ask.id, failure: failureOf(error, false) }))
    .then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit(0));
