// Rows of a prepared table as the models want them.
import { FEATURES, NUMBERS, TEXTS } from "./features.ts";
import { openTables, readColumns, sqlText } from "./table.ts";

export type NumberName = (typeof NUMBERS)[number];
export type TextName = (typeof TEXTS)[number];

export interface Rows {
  count: number;
  numbers: Record<NumberName, Float32Array>;
  texts: Record<TextName, string[]>;
  late: Uint8Array;
  flightId: Int32Array;
  /** Monday of the week, as days since 1970. */
  week: Int32Array;
}

export async function readRows(file: string): Promise<Rows> {
  const { count, columns } = await readColumns(
    await openTables(),
    `select flight_id, late, week - date '1970-01-01' as week, ${FEATURES.join(", ")} from read_parquet(${sqlText(file)}) order by flight_id`,
  );
  const number = (name: string) => columns[name] as Float64Array;
  return {
    count,
    numbers: Object.fromEntries(NUMBERS.map((name) => [name, Float32Array.from(number(name))])) as Rows["numbers"],
    texts: Object.fromEntries(TEXTS.map((name) => [name, columns[name] as string[]])) as Rows["texts"],
    late: Uint8Array.from(number("late")),
    flightId: Int32Array.from(number("flight_id")),
    week: Int32Array.from(number("week")),
  };
}

/** The rows at these positions, in this order. */
export function pick(rows: Rows, at: ArrayLike<number>): Rows {
  const numbers = (from: Float32Array) => Float32Array.from(at, (i) => from[i]!);
  return {
    count: at.length,
    numbers: Object.fromEntries(NUMBERS.map((name) => [name, numbers(rows.numbers[name])])) as Rows["numbers"],
    texts: Object.fromEntries(TEXTS.map((name) => [name, Array.from(at, (i) => rows.texts[name][i]!)])) as Rows["texts"],
    late: Uint8Array.from(at, (i) => rows.late[i]!),
    flightId: Int32Array.from(at, (i) => rows.flightId[i]!),
    week: Int32Array.from(at, (i) => rows.week[i]!),
  };
}

/** Random numbers in [0, 1) that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
