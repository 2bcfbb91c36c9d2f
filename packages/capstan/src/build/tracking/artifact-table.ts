import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import type { Analytics } from "../data/analytics.ts";
import type { Cell } from "../data/analytics-message.ts";
import { detectFormat, isTable, sqlName, sqlText, type TableFormat, tableSql } from "../data/table.ts";
import type { Artifact } from "./model.ts";

const timeoutMs = 15_000;
/** Facts of tables are kept for as many as a person looks at; bytes of a digest never change. */
const keptAtMost = 200;

type Table = { format: TableFormat; columns: { name: string; type: string }[]; rows: number };
type Asked = { offset: number; limit: number; sort?: string | undefined; q?: string | undefined };
type Page = { columns: { name: string; type: string }[]; rows: (string | number | boolean | null)[][]; offset: number; total: number };

/** Artifacts that read as a table, page by page. The bytes are a stranger's: the engine may read this one file and nothing else. */
export function createArtifactTables({ blobs, analytics }: { blobs: BlobStore; analytics: Analytics }) {
  const known = new Map<string, Table>();

  async function open(artifact: Artifact, path: string): Promise<Table> {
    const found = known.get(artifact.digest + artifact.path);
    if (found) return found;
    const format = await detectFormat(path, artifact.path);
    if (!isTable(format)) throw new CapstanError("CAP-TRACK-003", { path: artifact.path });
    const sql = tableSql({ format, paths: [path] });
    const [columns = [], counted = []] = await analytics.batch(
      [{ sql: `describe select * from ${sql}` }, { sql: `select count(*) as n from ${sql}` }],
      {
        only: [path],
        timeoutMs,
      },
    );
    const table = {
      format,
      columns: columns.map((one) => ({ name: String(one["column_name"]), type: String(one["column_type"]) })),
      rows: Number(counted[0]?.["n"] ?? 0),
    };
    if (known.size >= keptAtMost) known.delete(known.keys().next().value ?? "");
    known.set(artifact.digest + artifact.path, table);
    return table;
  }

  return {
    async page(artifact: Artifact, { offset, limit, sort, q }: Asked): Promise<Page> {
      const path = await blobs.localPath(artifact.digest);
      const table = await open(artifact, path);
      const from = tableSql({ format: table.format, paths: [path] });
      const names = table.columns.map((one) => sqlName(one.name));
      const words = q?.trim() ?? "";
      const fits =
        words === ""
          ? ""
          : ` where concat_ws(chr(31), ${names.map((name) => `${name}::varchar`).join(", ")}) ilike ${sqlText(`%${words.replace(/[\\%_]/g, "\\$&")}%`)} escape '\\'`;
      const by = sort?.replace(/^-/, "");
      const order =
        table.columns.some((one) => one.name === by) && by !== undefined
          ? ` order by ${sqlName(by)}${sort?.startsWith("-") ? " desc" : ""} nulls last`
          : "";
      const queries = [
        { sql: `select ${names.join(", ")} from ${from}${fits}${order} limit ${Math.trunc(limit)} offset ${Math.trunc(offset)}` },
        ...(words === "" ? [] : [{ sql: `select count(*) as n from ${from}${fits}` }]),
      ];
      const [rows = [], counted] = await analytics.batch(queries, { only: [path], timeoutMs });
      return {
        columns: table.columns,
        rows: rows.map((row) => table.columns.map((column) => plain(row[column.name] ?? null))),
        offset,
        total: counted ? Number(counted[0]?.["n"] ?? 0) : table.rows,
      };
    },
  };
}

const plain = (cell: Cell): string | number | boolean | null =>
  cell === null || typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean" ? cell : JSON.stringify(cell);
