// A file that must be refused: 12 000 real flights of the last days of June, 37 of them with a delay of 99 999 minutes.
//   node bad-data.ts data/flights-bad.parquet
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FLIGHTS_FILE } from "./route.ts";
import { openTables, sqlText } from "./table.ts";

const to = process.argv[2];
if (to === undefined) throw new Error("node bad-data.ts OUT");
mkdirSync(dirname(to), { recursive: true });
const db = await openTables();
await db.run(`copy (
    with slice as (select *, row_number() over (order by date, origin, destination) as row from read_parquet(${sqlText(FLIGHTS_FILE)}) where date >= timestamp '2001-06-28'
      qualify row <= 12000)
    select date, case when row % 324 = 17 then 99999 else delay end as delay, distance, origin, destination from slice order by row
  ) to ${sqlText(to)} (format parquet, compression zstd)`);
