import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { SqlValue } from "./database.ts";
import { idLength, OtherIds, type Part, type Scan, type SnapshotReader } from "./snapshots.ts";

const preparedLimit = 200;
/** Rows of the table that are looked through at a time. */
const pieceRows = 1_000_000;
const mostColumns = 8;

type Sink = { push(value: SqlValue): void };
class Numbers {
  #values = new Float64Array(1 << 16);
  #count = 0;
  push(value: SqlValue): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(this.#count * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = value === null ? Number.NaN : (value as number);
  }
  get values(): Float64Array {
    return this.#values.subarray(0, this.#count);
  }
}

export function openSqliteSnapshots(path: string): SnapshotReader {
  const database = new DatabaseSync(pathToFileURL(path), { readOnly: true, timeout: 10_000 });
  database.exec("pragma temp_store=memory; pragma cache_size=-8000");
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let found = prepared.get(sql);
    if (!found) {
      found = database.prepare(sql);
      found.setReturnArrays(true);
      if (prepared.size >= preparedLimit) prepared.clear();
      prepared.set(sql, found);
    }
    return found;
  };
  // Aggregates that hand over values: a fraction of what it costs to make each row a result. Each fills the list of one column.
  let sinks: Sink[] = [];
  for (let at = 0; at < mostColumns; at++)
    database.aggregate(`hand_over_${at}`, {
      start: 0,
      step: (state, value) => {
        sinks[at]?.push(value as SqlValue);
        return state;
      },
    });
  /** The rows of a scan whose numbers in the table are `from` or more and below `to`. */
  function piece(scan: Scan, from: number | undefined, to: number | undefined): Part | undefined {
    const { columns, pieces } = scan;
    const range = pieces && from !== undefined && to !== undefined ? ` and ${pieces.alias}.rowid >= ? and ${pieces.alias}.rowid < ?` : "";
    const handed = columns.map((one, at) => `, hand_over_${at}(${one.sql})`).join("");
    const sql = `select count(*), cast(group_concat(${scan.id}, '') as blob)${handed} from ${scan.from}${pieces?.index === undefined ? "" : ` indexed by ${pieces.index}`} where ${scan.where}${range}`;
    sinks = columns.map(({ type }) => (type === "number" ? new Numbers() : []));
    const row = prepare(sql).get(...(scan.params as SQLInputValue[]), ...(range === "" ? [] : [from ?? 0, to ?? 0])) as unknown as [
      number,
      Uint8Array | null,
    ];
    const [count, ids] = row;
    if (count === 0 || ids === null) return undefined;
    if (ids.length !== count * idLength) throw new OtherIds(`ids of other lengths than ${idLength}`);
    return { count, ids, columns: sinks.map((sink) => (sink instanceof Numbers ? sink.values : (sink as (string | null)[]))) };
  }
  return {
    async read(work) {
      database.exec("begin");
      try {
        return await work({
          dialect: "sqlite",
          async each(sql, params, take) {
            for (const row of prepare(sql).all(...(params as SQLInputValue[])) as unknown[]) take(row as SqlValue[]);
          },
          async scan(scan, take) {
            try {
              if (!scan.pieces) {
                const part = piece(scan, undefined, undefined);
                if (part) take(part);
                return;
              }
              const [first, last] = prepare(
                `select (select min(rowid) from ${scan.pieces.table}), (select max(rowid) from ${scan.pieces.table})`,
              ).get() as unknown as (number | null)[];
              for (let from = first ?? 1; from <= (last ?? 0); from += pieceRows) {
                const part = piece(scan, from, from + pieceRows);
                if (part) take(part);
              }
            } finally {
              sinks = [];
            }
          },
        });
      } finally {
        database.exec("commit");
      }
    },
    async close() {
      database.close();
    },
  };
}
