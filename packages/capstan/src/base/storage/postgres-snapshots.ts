import pg from "pg";
import type { SqlValue } from "./database.ts";
import { connectionConfig, queryOf } from "./postgres-connection.ts";
import type { SnapshotReader } from "./snapshots.ts";

/** Rows that are fetched at a time. */
const pageRows = 20_000;

export function openPostgresSnapshots(url: string): SnapshotReader {
  let client: pg.Client | undefined;
  const connected = async (): Promise<pg.Client> => {
    if (client) return client;
    const next = new pg.Client(connectionConfig(url));
    next.on("error", () => {
      if (client === next) client = undefined;
    });
    await next.connect();
    client = next;
    return next;
  };
  const close = async (): Promise<void> => {
    const open = client;
    client = undefined;
    await open?.end().catch(() => undefined);
  };
  return {
    async read(work) {
      const one = await connected();
      try {
        await one.query("begin isolation level repeatable read read only");
        const result = await work({
          dialect: "postgres",
          async each(sql, params, take) {
            const { rows } = await one.query<SqlValue[]>({ ...queryOf(sql, params), rowMode: "array" });
            for (const row of rows) take(row);
          },
          async scan(columns, rest, params, take) {
            const { text, values } = queryOf(`select ${columns.join(", ")} ${rest}`, params);
            await one.query({ text: `declare part no scroll cursor for ${text}`, values });
            for (let full = true; full;) {
              const { rows } = await one.query<SqlValue[]>({ text: `fetch ${pageRows} from part`, rowMode: "array" });
              for (const row of rows) take(row);
              full = rows.length === pageRows;
            }
            await one.query("close part");
          },
        });
        await one.query("commit");
        return result;
      } catch (error) {
        // What state the connection is in is not worth asking: the next reading makes another.
        await close();
        throw error;
      }
    },
    close,
  };
}
