// The held-out rows once more, with features as the live caller computes them. A check compares both, row by row.
import { dayOf, readFlights } from "./flights.ts";
import { delaysAtPushBack } from "./rolling.ts";
import { input, output } from "./step.ts";
import { openTables, readColumns, sqlText, writeColumns } from "./table.ts";

const db = await openTables();
const { columns } = await readColumns(
  db,
  `select flight_id, epoch(date) // 60 as pushed_back from read_parquet(${sqlText(input("rows"))}) order by flight_id`,
);
const [ids, minutes] = [columns["flight_id"] as Float64Array, columns["pushed_back"] as Float64Array];
const flights = await readFlights(input("flights"), dayOf(minutes[0]!), dayOf(minutes.at(-1)! + 1440));
const wanted = new Set(ids);
const delays = delaysAtPushBack(flights, (i) => wanted.has(flights.flightId[i]!));

const at = Uint32Array.from(flights.flightId.keys()).filter((i) => wanted.has(flights.flightId[i]!));
const floats = (value: (i: number) => number) => Float32Array.from(at, value);
await writeColumns(db, "served", {
  flight_id: Int32Array.from(at, (i) => flights.flightId[i]!),
  minute: floats((i) => flights.pushedBack[i]! % 1440),
  weekday: floats((i) => (Math.floor(flights.pushedBack[i]! / 1440) + 3) % 7), // 1 January 1970 was a Thursday
  distance: floats((i) => flights.distance[i]!),
  origin_code: Int32Array.from(at, (i) => flights.origin[i]!),
  destination_code: Int32Array.from(at, (i) => flights.destination[i]!),
  origin_delay_3h: floats((i) => delays.origin[i]!),
  destination_delay_3h: floats((i) => delays.destination[i]!),
  system_delay_3h: floats((i) => delays.system[i]!),
});
const airport = (code: string) => `[${flights.airports.map(sqlText).join(", ")}][${code} + 1]`;
await db.run(`copy (select flight_id, minute, weekday, distance, ${airport("origin_code")} as origin, ${airport("destination_code")} as destination,
    origin_delay_3h, destination_delay_3h, system_delay_3h from served order by flight_id)
  to ${sqlText(output("served"))} (format parquet, compression zstd)`);
