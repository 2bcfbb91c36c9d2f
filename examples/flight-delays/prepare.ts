// Flights in; training rows, held-out rows and the reference of the monitors out.
import { startRun } from "@capstan/client";
import { drawSql, featuresSql, flightsSql } from "./features.ts";
import { input, output, params } from "./step.ts";
import { openTables, readColumns, sqlText } from "./table.ts";

const { seed, window, rows } = params();
const day = 86_400_000; // ms
// A trigger writes the moment at which a window ended: training then includes the whole of that day.
const until = dateOf(Math.ceil(Date.parse(window.until) / day) * day);
const end = dateOf(Date.parse(until) + window.test_days * day);
const run = await startRun({ name: "prepare" });
const db = await openTables();

await db.run(`create temp table flights as ${flightsSql(input("flights"), window.from, end)}`);

// Held-out days come after all training days; 1 % below the number asked for, so that a draw never exceeds it.
// The reference is a share of every day of the last 13 weeks before the end.
const share = (count: number, days: string) => `0.99 * ${count} / (select greatest(count(*), 1) from days where ${days})`;
await db.run(`create temp table kept as
  with days as (select *, date < date ${sqlText(until)} as training from flights where date >= date ${sqlText(window.from)})
  select *, training and ${drawSql(seed)} < ${share(rows.train, "training")} as in_train,
    not training and ${drawSql(seed)} < ${share(rows.test, "not training")} as in_test,
    ${drawSql(seed + 1)} < ${rows.reference_share} and date >= date_trunc('week', date ${sqlText(end)} - interval 1 day) - interval 12 week as in_reference
  from days where in_train or in_test or in_reference`);

await db.run(`create temp table featured as ${featuresSql()}`);
for (const part of ["train", "test", "reference"]) {
  await db.run(`copy (select * exclude (in_train, in_test, in_reference) from featured where in_${part} order by flight_id)
    to ${sqlText(output(part))} (format parquet, compression zstd)`);
}

for (const part of ["train", "test", "reference"]) {
  const { columns } = await readColumns(db, `select count(*) as n, avg(late) as late from featured where in_${part}`);
  run.logMetric(`rows_${part}`, Number(columns["n"]![0]));
  run.logMetric(`late_share_${part}`, Number(columns["late"]![0]));
}
await run.end();

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
