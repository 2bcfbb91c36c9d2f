import { runQuestion } from "@capstan/contract/operations/run-table";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { CapstanError } from "../base/foundation/errors.ts";
import type { Store } from "../base/record/store.ts";
import type { Analytics } from "../build/data/analytics.ts";
import type { TrackingService } from "../build/tracking/service.ts";
import { headLine, headOf, lineOf, objectOf, typesOf } from "../build/tracking/table/file.ts";
import { createNames } from "../build/tracking/table/names.ts";
import { questionOf } from "../build/tracking/table/question.ts";
import { createOrders } from "../build/tracking/table/order.ts";
import type { RunRow } from "../build/tracking/rows.ts";
import { type Cell, createRunTable } from "../build/tracking/table/table.ts";
import { columnOf } from "../build/tracking/table/vocabulary.ts";
import type { WireRoute } from "../face/http/server.ts";

/** Read and written before others have their turn. */
const cellsAtOnce = 5000;
const linesAtOnce = { least: 4, most: 250 };
const columnsAtMost = 2000;
const types = {
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
  json: "application/json; charset=utf-8",
} as const;

const asked = z.object({
  ...runQuestion,
  roots: z
    .enum(["true", "false"])
    .default("false")
    .transform((value) => value === "true"),
  format: z.enum(["csv", "parquet", "json"]).default("csv"),
  order: z.array(z.string()).max(4),
  columns: z.array(z.string()).max(columnsAtMost),
});

/** All runs that a filter finds as one file: `format`, the question of `runs.search`, `order` and `columns` as often as there are; without columns, all that the newest runs hold. */
export function runsFileRoute(tracking: TrackingService, store: Store, analytics: Analytics, tempFolder: string): WireRoute {
  const orders = createOrders(store.database, tracking.runIds, tracking.valuesAtStep);
  const table = createRunTable(store.database, tracking.runGroups, tracking.valuesAtStep);
  const names = createNames(store.database);
  return {
    method: "GET",
    path: "/api/v1/p/{project}/runs-file",
    capability: "read",
    async handle(_request, response, { params, url, caller }) {
      const query = url.searchParams;
      const parsed = asked.safeParse({
        ...Object.fromEntries(query),
        project: params["project"],
        order: query.getAll("order"),
        columns: query.getAll("columns"),
      });
      if (!parsed.success)
        throw new CapstanError("CAP-TRACK-002", {
          what: parsed.error.issues[0]?.path.join(".") || "query",
          problem: parsed.error.issues[0]?.message ?? "it is none that this server knows",
        });
      const { format, order, columns, ...question } = parsed.data;
      const place = { project: question.project, experiment: question.experiment };
      const keys = columns.length > 0 ? columns : (await names.names(place, "", columnsAtMost)).names.map((one) => one.key);
      const shown = keys.map((key) => columnOf(key));
      const snapshot = await orders.snapshot(questionOf(question, store.clock.nowMs(), caller), order, undefined);
      const size = Math.max(linesAtOnce.least, Math.min(linesAtOnce.most, Math.floor(cellsAtOnce / (keys.length + 1))));
      async function* parts(of: (run: RunRow, cells: readonly Cell[]) => string, between = ""): AsyncGenerator<string> {
        for (let from = 0; from < snapshot.total; from += size) {
          const runs = await table.runs(snapshot.slice(from, from + size));
          const cells = await table.cells(runs, shown);
          const text = runs.map((run, i) => of(run, cells[i] ?? [])).join(between);
          if (text !== "") yield from === 0 ? text : between + text;
        }
      }
      async function* lines(): AsyncGenerator<string> {
        yield headLine(keys);
        yield* parts((run, cells) => lineOf(run, keys, cells));
      }
      async function* objects(): AsyncGenerator<string> {
        const names = headOf(keys);
        yield "[\n";
        yield* parts((run, cells) => objectOf(run, names, keys, cells), ",\n");
        yield "\n]\n";
      }
      const head = {
        "content-type": types[format],
        "content-disposition": `attachment; filename="runs.${format}"`,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
      };
      if (format !== "parquet") {
        response.writeHead(200, head);
        return pipeline(Readable.from(format === "csv" ? lines() : objects()), response);
      }
      await mkdir(tempFolder, { recursive: true });
      const file = join(tempFolder, `runs-${store.ids.ulid()}`);
      try {
        await pipeline(Readable.from(lines()), createWriteStream(`${file}.csv`));
        const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
        const typed = typesOf(keys, shown);
        const list = headOf(keys)
          .map((name, i) => `${quoted(name)}: '${typed[i]}'`)
          .join(", ");
        await analytics.all(
          `copy (select * from read_csv(${quoted(`${file}.csv`)}, header = true, columns = {${list}}, nullstr = '', allow_quoted_nulls = false, auto_detect = false, delim = ',', quote = '"', escape = '"', max_line_size = 20000000)) to ${quoted(`${file}.parquet`)} (format parquet, compression zstd)`,
        );
        response.writeHead(200, { ...head, "content-length": String((await stat(`${file}.parquet`)).size) });
        await pipeline(createReadStream(`${file}.parquet`), response);
      } finally {
        await Promise.all([rm(`${file}.csv`, { force: true }), rm(`${file}.parquet`, { force: true })]);
      }
    },
  };
}
