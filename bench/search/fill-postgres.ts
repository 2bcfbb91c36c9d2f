import pg from "pg";
import { copyToPostgres } from "../../packages/capstan/src/base/storage/logical-copy.ts";

/** Puts all of a SQLite store that nobody hosts into an empty database, as `capstan restore` does, with the statistics that the server would gather by itself in time. */
export async function fillPostgres(path: string, url: string): Promise<void> {
  await copyToPostgres(path, url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("vacuum analyze");
  await client.end();
}
