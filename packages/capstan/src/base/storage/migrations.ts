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

/** Applies what is missing, in order. Only the host calls this. A store that knows more than `all` is refused, untouched. */
export async function migrate(database: Database, all: readonly Migration[]): Promise<number> {
  await database.commit([
    statement("create table if not exists migration (room TEXT not null, number BIGINT not null, sql TEXT not null, primary key (room, number))"),
  ]);
  const applied = await database.all<{ room: string; number: number }>("select room, number from migration");
  const known = new Set(all.map((one) => `${one.room}/${one.number}`));
  const newer = applied.find((one) => !known.has(`${one.room}/${one.number}`));
  if (newer) throw new CapstanError("CAP-STORE-005", { found: `${newer.room}/${newer.number}` });
  const done = new Set(applied.map((one) => `${one.room}/${one.number}`));
  const missing = all.filter((one) => !done.has(`${one.room}/${one.number}`));
  if (missing.length > 0) {
    await database.commit(
      missing.flatMap((one) => [...parts(one.sql).map((sql) => statement(sql)), statement("insert into migration (room, number, sql) values (?, ?, ?)", one.room, one.number, one.sql)]),
    );
  }
  return missing.length;
}
