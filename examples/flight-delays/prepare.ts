// Flights in; training rows, held-out rows and the reference of the monitors out.
import { startRun } from "@capstan/client";
import { drawSql, featuresSql, flightsSql } from "./features.ts";
import { input, output, params } from "./step.ts";
import { openTables, readColumns, sqlText } from "./table.ts";

const { seed, window, rows } = params();
const end = new Date(Date.parse(window.until) + window.test_days * 86_400_000).toISOString().slice(0, 10);
const run = await startRun({ name: "prepare" });
const db = await openTables();

await db.run(`create temp table flights as ${flightsSql(input("flights"), window.from, end)}`);

// Held-out days come after all training days. The reference is a share of every day of the last 13 weeks before the end.
await db.run(`create temp table kept as
  with drawn as (
    select *, ${drawSql(seed)} as draw, ${drawSql(seed + 1)} < ${rows.reference_share} * 4294967296
        and date >= date_trunc('week', date ${sqlText(end)} - interval 1 day) - interval 12 week as in_reference,
      case when date < date ${sqlText(window.until)} then 'train' else 'test' end as part
    from flights where date >= date ${sqlText(window.from)}
  ), ranked as (
    select *, rank() over (partition by part order by draw, flight_id) <= if(part = 'train', ${rows.train}, ${rows.test}) as in_part from drawn
  )
  select * from ranked where in_part or in_reference`);

await db.run(`create temp table featured as ${featuresSql()}`);
const parts = { train: "in_part and part = 'train'", test: "in_part and part = 'test'", reference: "in_reference" };
for (const [name, which] of Object.entries(parts)) {
  await db.run(`copy (select f.* from featured f join kept using (flight_id) where ${which} order by flight_id)
    to ${sqlText(output(name))} (format parquet, compression zstd)`);
}

const { columns } = await readColumns(db, `select part, count(*) as n, avg((delay >= 15)::int) as late from kept where in_part group by 1`);
(columns["part"] as string[]).forEach((part, i) => {
  run.logMetric(`rows_${part}`, Number(columns["n"]![i]));
  run.logMetric(`late_share_${part}`, Number(columns["late"]![i]));
});
await run.end();
