import pg from "pg";
import type { SqlValue } from "./database.ts";
import { connectionConfig, queryOf } from "./postgres-connection.ts";
import { idLength, OtherIds, type SnapshotReader } from "./snapshots.ts";

const partRows = 50_000;

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
          async scan({ id, columns, from, where, params }, take) {
            const named = columns.map((column, at) => `${column.sql} as c${at}`).join(", ");
            // The server puts many rows into one, so that none of them is an object here.
            const lists = columns.map((_, at) => `, json_agg(c${at})::text`).join("");
            const { text, values } = queryOf(
              `select count(*), string_agg(id, '')${lists} from (select ${id} as id, ${named}, row_number() over () / ${partRows} as part from ${from} where ${where}) as found group by part`,
              params,
            );
            const { rows } = await one.query<[number, string, ...string[]]>({ text, values: values as unknown[], rowMode: "array" });
            for (const [count, joined, ...listed] of rows) {
              const ids = Buffer.from(joined, "utf8");
              if (ids.length !== count * idLength) throw new OtherIds(`ids of other lengths than ${idLength}`);
              take({
                count,
                ids,
                columns: columns.map(({ type }, at) => {
                  const list = JSON.parse(listed[at] ?? "[]") as (number | string | null)[];
                  return type === "number"
                    ? Float64Array.from(list, (value) => (value === null ? Number.NaN : Number(value)))
                    : (list as (string | null)[]);
                }),
              });
            }
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
