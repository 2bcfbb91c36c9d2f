import { statement } from "../../packages/capstan/src/base/storage/database.ts";
import { copyToPostgres } from "../../packages/capstan/src/base/storage/logical-copy.ts";
import { openPostgres } from "../../packages/capstan/src/base/storage/postgres.ts";

/** Puts all of a SQLite store that nobody hosts into an empty database, as `capstan restore` does, with the statistics that the server would gather by itself in time. */
export async function fillPostgres(path: string, url: string): Promise<void> {
  await copyToPostgres(path, url);
  const database = openPostgres(url);
  await database.commit([statement("analyze")]);
  await database.close();
}
