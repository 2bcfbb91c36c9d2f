// Flights of some days as typed arrays, in the order of push-back.
import { flightsSql } from "./features.ts";
import { openTables, readColumns } from "./table.ts";

export interface Flights {
  count: number;
  flightId: Int32Array;
  pushedBack: Int32Array; // epoch minutes, as landed
  landed: Int32Array;
  delay: Int32Array; // minutes
  distance: Int32Array; // miles
  origin: Int32Array; // place in airports
  destination: Int32Array;
  airports: string[];
}

/** Push-backs in [from, until), days as 2001-04-01, and those of the three days before. */
export async function readFlights(file: string, from: string, until: string): Promise<Flights> {
  const db = await openTables();
  await db.run(`create temp table flights as ${flightsSql(file, from, until)}`);
  await db.run("create type airport as enum (select origin from flights union select destination from flights order by 1)");
  const names = await readColumns(db, "select unnest(enum_range(null::airport)) as name");
  const { count, columns } = await readColumns(
    db,
    `select flight_id, pushed_back, landed, delay, distance, enum_code(origin::airport)::integer as origin,
      enum_code(destination::airport)::integer as destination from flights order by flight_id`,
  );
  const whole = (name: string) => Int32Array.from(columns[name] as Float64Array);
  return {
    count,
    flightId: whole("flight_id"),
    pushedBack: whole("pushed_back"),
    landed: whole("landed"),
    delay: whole("delay"),
    distance: whole("distance"),
    origin: whole("origin"),
    destination: whole("destination"),
    airports: names.columns["name"] as string[],
  };
}

/** 2001-04-01 and its like, of an epoch minute. */
export const dayOf = (minute: number): string => new Date(minute * 60_000).toISOString().slice(0, 10);
