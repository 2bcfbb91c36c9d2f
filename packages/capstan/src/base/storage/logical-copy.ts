import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import pg from "pg";
import { CapstanError } from "../foundation/errors.ts";
import type { Row, SqlValue } from "./database.ts";
import { parts } from "./migrations.ts";
import { connectionConfig, refusalOf, toParams } from "./postgres-connection.ts";
import { refusalError } from "./refusal.ts";
import { databaseName } from "./store-place.ts";

/** Rows read or written at a time. */
const pageRows = 2000;
/** PostgreSQL takes 65535 parameters in a statement. */
const paramLimit = 30_000;
/** Stamps of one database mean nothing to another, where numbers of transactions begin low: all that is copied is old there (`table.column`). */
const stamps = new Set(["run.changed"]);
/** About processes that run, not about the store. */
const leftOut = new Set(["host", "duty"]);
const migrationTable = "create table migration (room TEXT not null, number BIGINT not null, sql TEXT not null, primary key (room, number))";

type MigrationRow = { room: string; number: number; sql: string };

/** Every table of a PostgreSQL store, as all of them were at one moment, in a new SQLite file: the form in which a backup keeps either database. */
export async function copyToSqlite(url: string, path: string): Promise<void> {
  const client = await connect(url);
  const target = new DatabaseSync(path);
  try {
    await client.query("begin isolation level repeatable read read only");
    const made = (await client.query("select room, number, sql from migration order by room, number")).rows as MigrationRow[];
    target.exec("pragma journal_mode=off; pragma synchronous=off; begin");
    target.exec(migrationTable);
    for (const sql of made.flatMap((one) => parts(one.sql))) target.exec(sql);
    for (const table of tablesOf(target)) {
      // Rows of the ledger come in its order, so that those without an index keep theirs.
      const order = table === "entry" ? " order by idx nulls last, at_ms, age(xmin) desc, cmin::text::bigint" : "";
      await client.query(`declare page no scroll cursor for select * from ${table}${order}`);
      for (let rows = await fetch(client); rows.length > 0; rows = await fetch(client)) insertInto(target, table, rows);
      await client.query("close page");
    }
    // What was acknowledged and had no index yet gets it here, by the rule of the sequencer.
    target.exec(
      `update entry set idx = numbered.number from (select id, row_number() over (order by at_ms, rowid) + (select coalesce(max(idx), -1) from entry) as number from entry where idx is null) as numbered where entry.id = numbered.id`,
    );
    target.exec("commit; pragma journal_mode=delete");
    await client.query("commit");
  } catch (error) {
    throw error instanceof pg.DatabaseError ? refusalError(refusalOf(error)) : error;
  } finally {
    target.close();
    await client.end();
  }
}

const fetch = async (client: pg.Client): Promise<Row[]> => (await client.query(`fetch ${pageRows} from page`)).rows as Row[];

function insertInto(target: DatabaseSync, table: string, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const insert = target.prepare(`insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`);
  for (const row of rows) insert.run(...columns.map((column) => (row[column] ?? null) as SQLInputValue));
}

/** All of a SQLite store into an empty PostgreSQL database, or nothing. CAP-STORE-010 when there is a store in it. */
export async function copyToPostgres(path: string, url: string): Promise<void> {
  const source = new DatabaseSync(path, { readOnly: true });
  const client = await connect(url);
  try {
    await client.query("begin");
    const { rows } = await client.query("select to_regclass('migration')::text as found");
    if ((rows[0] as { found: string | null }).found !== null) throw new CapstanError("CAP-STORE-010", { folder: databaseName(url) });
    const made = source.prepare("select room, number, sql from migration order by room, number").all() as MigrationRow[];
    await client.query(migrationTable);
    for (const sql of made.flatMap((one) => parts(one.sql))) await client.query(sql);
    for (const table of tablesOf(source)) {
      const columns = source
        .prepare(`select * from ${table} limit 0`)
        .columns()
        .map((column) => column.name);
      const atOnce = Math.max(1, Math.min(pageRows, Math.floor(paramLimit / columns.length)));
      let page: SqlValue[][] = [];
      for (const row of source.prepare(`select * from ${table}`).iterate() as Iterable<Row>) {
        page.push(columns.map((column) => (stamps.has(`${table}.${column}`) ? 0 : (row[column] ?? null))));
        if (page.length === atOnce) await insertPage(client, table, columns, page.splice(0));
      }
      if (page.length > 0) await insertPage(client, table, columns, page);
      page = [];
    }
    await client.query("commit");
  } catch (error) {
    throw error instanceof pg.DatabaseError ? refusalError(refusalOf(error)) : error;
  } finally {
    source.close();
    await client.end();
  }
}

async function insertPage(client: pg.Client, table: string, columns: readonly string[], rows: readonly SqlValue[][]): Promise<void> {
  let count = 0;
  const values = rows.map((row) => `(${row.map(() => `$${++count}`).join(", ")})`).join(", ");
  await client.query(`insert into ${table} (${columns.join(", ")}) values ${values}`, toParams(rows.flat()));
}

const tablesOf = (database: DatabaseSync): string[] =>
  (
    database.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name").all() as {
      name: string;
    }[]
  )
    .map((row) => row.name)
    .filter((name) => !leftOut.has(name));

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(url));
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw refusalError(refusalOf(error));
  }
  return client;
}
