import { CapstanError } from "../foundation/errors.ts";
import { type Database, statement } from "./database.ts";

/** One step forward of one room's tables. Never edited after a release; `sql` is split at `;` followed by a line end. */
export type Migration = { readonly room: string; readonly number: number; readonly sql: string };

/** What a table is under principle 1: its changes are entries, or covered by a seal, or mere operation. A test wants every table named. */
export type TableClass = "ledgered" | "sealed" | "operational";

export const parts = (sql: string): string[] =>
  sql
    .split(/;\s*(?:\n|$)/)
    .map((part) => part.trim())
    .filter(Boolean);

/** One number that every process which migrates a shared PostgreSQL locks first. */
const lockNumber = 4_277_001;

/** What a store has and this program has not made yet. A store that knows more than `all` is refused with CAP-STORE-005; nothing is written. */
export async function missingMigrations(database: Database, all: readonly Migration[]): Promise<{ missing: Migration[]; fresh: boolean }> {
  const known = new Set(all.map(nameOf));
  const applied = new Set((await appliedMigrations(database)).map(nameOf));
  for (const one of applied) if (!known.has(one)) throw new CapstanError("CAP-STORE-005", { found: one });
  return { missing: all.filter((one) => !applied.has(nameOf(one))), fresh: applied.size === 0 };
}

/** For who only looks: a store that lacks something was written by an older Capstan, and only a host may bring it up to date. */
export async function requireMigrated(database: Database, all: readonly Migration[]): Promise<void> {
  const { missing } = await missingMigrations(database, all);
  if (missing[0]) throw new CapstanError("CAP-STORE-009", { missing: nameOf(missing[0]) });
}

/**
 * Applies what is missing, in order, in one change; the number of steps. Only a host calls this.
 * `before` runs first when there is something to lose, that is when an existing store changes; when it fails, nothing is done.
 */
export async function migrate(
  database: Database,
  all: readonly Migration[],
  options: { before?: (missing: readonly Migration[]) => Promise<void> } = {},
): Promise<number> {
  const { missing, fresh } = await missingMigrations(database, all);
  if (missing.length === 0) return 0;
  if (!fresh) await options.before?.(missing);
  const lock = database.dialect === "postgres" ? [statement(`select pg_advisory_xact_lock(${lockNumber})`)] : [];
  try {
    await database.commit([
      ...lock,
      statement(
        "create table if not exists migration (room TEXT not null, number BIGINT not null, sql TEXT not null, primary key (room, number))",
      ),
      ...missing.flatMap((one) => [
        ...parts(one.sql).map((sql) => statement(sql)),
        statement("insert into migration (room, number, sql) values (?, ?, ?)", one.room, one.number, one.sql),
      ]),
    ]);
  } catch (error) {
    // Another process of the same version may have done it while this one waited for the lock.
    if (database.dialect === "postgres" && (await missingMigrations(database, all)).missing.length === 0) return 0;
    throw error;
  }
  return missing.length;
}

const nameOf = (one: { room: string; number: number }): string => `${one.room}/${one.number}`;

async function appliedMigrations(database: Database): Promise<{ room: string; number: number }[]> {
  const table =
    database.dialect === "sqlite"
      ? "select name from sqlite_master where type = 'table' and name = 'migration'"
      : "select table_name as name from information_schema.tables where table_schema = current_schema() and table_name = 'migration'";
  return (await database.find(table)) ? database.all("select room, number from migration") : [];
}
