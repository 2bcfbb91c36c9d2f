import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { setImmediate as turn } from "node:timers/promises";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Row, SqlValue } from "../../../base/storage/database.ts";

/** Rows of another program's database. Each question is one short read: nothing stays locked between them. */
export type Rows = {
  all<T = Row>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** Each row as a list, given one by one; other work gets its turn in between. */
  each(sql: string, params: readonly SqlValue[], take: (row: readonly SqlValue[]) => void): Promise<void>;
  /** Names of tables and of their columns. */
  tables(): Promise<Map<string, Set<string>>>;
  close(): Promise<void>;
};

/** Rows read on this thread before others have their turn: about 5 ms. */
const rowsPerTurn = 5000;

const columnsOf = (rows: readonly { name: string; columns: string }[]): Map<string, Set<string>> => {
  const tables = new Map<string, Set<string>>();
  for (const { name, columns } of rows) tables.set(name, (tables.get(name) ?? new Set()).add(columns));
  return tables;
};

export async function openSqliteRows(path: string): Promise<Rows> {
  const { DatabaseSync } = await import("node:sqlite");
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new CapstanError("CAP-DATA-005", { path });
  const open = () => {
    try {
      const opened = new DatabaseSync(pathToFileURL(path), { readOnly: true, timeout: 10_000 });
      opened.prepare("select count(*) from sqlite_master").get();
      return opened;
    } catch (error) {
      throw new CapstanError("CAP-EXCHANGE-001", { source: path, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  const database = open();
  return {
    all: async <T>(sql: string, params: readonly SqlValue[] = []) => database.prepare(sql).all(...params) as T[],
    async each(sql, params, take) {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      let rows = 0;
      for (const row of statement.iterate(...params) as Iterable<unknown>) {
        take(row as SqlValue[]);
        if (++rows % rowsPerTurn === 0) await turn();
      }
    },
    tables: async () =>
      columnsOf(
        database
          .prepare("select m.name as name, c.name as columns from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'")
          .all() as { name: string; columns: string }[],
      ),
    close: async () => database.close(),
  };
}

export async function openPostgresRows(url: string, label: string): Promise<Rows> {
  const [{ default: pg }, { connectionConfig, queryOf }] = await Promise.all([
    import("pg"),
    import("../../../base/storage/postgres-connection.ts"),
  ]);
  const client = new pg.Client(connectionConfig(url));
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new CapstanError("CAP-EXCHANGE-001", { source: label, problem: error instanceof Error ? error.message : String(error) });
  }
  /** A connection answers one question at a time. */
  let before: Promise<unknown> = Promise.resolve();
  const ask = <R>(question: () => Promise<R>): Promise<R> => {
    const mine = before.then(question, question);
    before = mine.catch(() => undefined);
    return mine;
  };
  return {
    all: async <T>(sql: string, params: readonly SqlValue[] = []) => (await ask(() => client.query(queryOf(sql, params)))).rows as T[],
    async each(sql, params, take) {
      const { rows } = await ask(() => client.query<SqlValue[]>({ ...queryOf(sql, params), rowMode: "array" }));
      for (let i = 0; i < rows.length; i++) {
        take(rows[i] ?? []);
        if (i % rowsPerTurn === rowsPerTurn - 1) await turn();
      }
    },
    tables: async () =>
      columnsOf(
        (
          await client.query(
            "select table_name as name, column_name as columns from information_schema.columns where table_schema = current_schema()",
          )
        ).rows as { name: string; columns: string }[],
      ),
    close: () => client.end(),
  };
}
