// Recomputes what the monitors report from the raw file and the prediction log, with plain SQL and none of
// Capstan's or this example's other code, and holds both against each other.
//   node check-independently.ts --url http://127.0.0.1:7070
// The closed segments of the log are fetched into work/predictions, by the digests in the ledger's entries.
// Prints NDJSON: answers by use, then each calendar week, with the series that lie outside what 13 training weeks let expect; last,
// whether Capstan says the same.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    reference: { type: "string", default: "work/backtest.parquet" },
    file: { type: "string", default: fileURLToPath(new URL("../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url)) },
    log: { type: "string", default: "work/predictions" },
    project: { type: "string", default: "flight-delays" },
    monitor: { type: "string", default: "inputs" },
  },
});
if (values.url === undefined) throw new Error("Say where the server is: --url http://127.0.0.1:7070");
const api = `${values.url}/api/v1/p/${values.project}`;
const get = async (path: string): Promise<Response> => {
  const response = await fetch(`${api}${path}`);
  if (!response.ok) throw new Error(`${api}${path} answers ${response.status} ${await response.text()}`);
  return response;
};

// Every closed segment, once.
mkdirSync(values.log, { recursive: true });
const segments: string[] = [];
for (let cursor: string | null = ""; cursor !== null;) {
  const page = (await (await get(`/record/entries?action=segment.closed&limit=200${cursor && `&cursor=${cursor}`}`)).json()) as {
    entries: { subject: { digest: string } }[];
    cursor: string | null;
  };
  for (const { subject } of page.entries) {
    const path = `${values.log}/${subject.digest}.parquet`;
    if (!existsSync(path)) writeFileSync(path, Buffer.from(await (await get(`/blobs/${subject.digest}`)).arrayBuffer()));
    segments.push(path);
  }
  cursor = page.cursor;
}

interface Monitor {
  windowList: { start: string; rows: number; labels: number }[];
  seriesList: { id: string; cells: { value: number | null; bound: number | null; verdict: string }[] }[];
  backtest: { alpha: number };
}
const said = (await (await get(`/monitors/${values.monitor}`)).json()) as Monitor;
const alpha = String(said.backtest.alpha); // chance of a false alarm of one series in one week

// Student's t, one-sided, for 13 and 12 training weeks (12 and 11 degrees of freedom): from a printed table.
const T: Record<string, [number, number]> = {
  "0.1": [1.356, 1.363],
  "0.05": [1.782, 1.796],
  "0.025": [2.179, 2.201],
  "0.01": [2.681, 2.718],
  "0.005": [3.055, 3.106],
  "0.0025": [3.428, 3.497],
  "0.001": [3.93, 4.025],
  "0.0005": [4.318, 4.437],
};
const SMALL = 0.1; // a stability index below this is too small to matter, however unusual
const FEW = 5000; // rows; a week with fewer is not judged
const t = T[alpha];
if (t === undefined) throw new Error(`the table here has ${Object.keys(T).join(", ")}, not ${alpha}`);

const db = await (await DuckDBInstance.create()).connect();
const quoted = (path: string) => `'${path.replaceAll("'", "''")}'`;
const rows = async (sql: string) => (await db.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];

await db.run(`create temp table log as select key, observed_at, use, output_probability as score, columns('feature_(.*)') as '\\1'
  from read_parquet([${segments.map(quoted).join(", ")}], union_by_name = true)`);
for (const row of await rows("select use, count(*)::int as rows, count(distinct key)::int as keys from log group by 1 order by 1"))
  console.log(JSON.stringify(row));

// The truth comes from the raw file, by row number; the week, too.
await db.run(`create temp table answered as
  select 'live' as part, date_trunc('week', f.date)::date as week, (f.delay >= 15)::int as late, l.* exclude (key, observed_at, use)
  from log l join read_parquet(${quoted(values.file)}, file_row_number = true) f on f.file_row_number = l.key::bigint where l.use = 'replay'`);
await db.run(`create temp table trained as select 'reference' as part, * from read_parquet(${quoted(values.reference)})`);
const logged = new Set((await rows("select column_name from (describe answered)")).map((row) => String(row["column_name"])));
const columns = ["minute", "weekday", "distance", "origin_delay_3h", "destination_delay_3h", "system_delay_3h"].filter((name) =>
  logged.has(name),
);
await db.run(`create temp table judged as select part, week, late, score, ${columns.join(", ")} from answered
  union all select part, week, late, score, ${columns.join(", ")} from trained`);

// One value per series and week. Shares as log odds; a column as the population stability index of its deciles,
// a training week against the other training weeks, a live week against all of them.
await db.run(`create temp table series as
  select part, week, 'late share' as name, 'both' as side, ln(avg(late) / (1 - avg(late))) as value from judged group by all
  union all select part, week, 'mean score', 'both', ln(avg(score) / (1 - avg(score))) from judged group by all`);
for (const column of columns) {
  await db.run(`insert into series
    with edges as (select list_distinct(quantile_disc(${column}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])) as edges from judged where part = 'reference'),
    binned as (select part, week, len(list_filter(edges, edge -> ${column} > edge)) as bin, count(*) as n from judged, edges group by all),
    bins as (select distinct bin from binned),
    weeks as (select part, week, sum(n) as n from binned group by all),
    shares as (
      select w.part, w.week, greatest(coalesce(any_value(b.n), 0) / w.n, 1e-4) as now,
        greatest((coalesce(sum(r.n), 0)) / (select sum(n) from binned r2 where r2.part = 'reference' and not (w.part = 'reference' and r2.week = w.week)), 1e-4) as expected
      from weeks w cross join bins
      left join binned b on b.part = w.part and b.week = w.week and b.bin = bins.bin
      left join binned r on r.part = 'reference' and r.bin = bins.bin and not (w.part = 'reference' and r.week = w.week)
      group by w.part, w.week, w.n, bins.bin
    )
    select part, week, '${column}', 'upper', ln(greatest(sum((now - expected) * ln(now / expected)), 1e-9)) from shares group by all`);
}

// Where one more week like the training weeks would lie: mean and t · sd · √(1 + 1/n). First the training weeks themselves, each against the others.
const outside = (m: string, sd: string, n: string, q: number) =>
  `abs(s.value - ${m}) > ${q} * ${sd} * sqrt(1 + 1 / ${n}) and (s.side = 'both' or (s.value > ${m} and s.value > ln(${SMALL})))`;
const [held] = await rows(`
  select count(*)::int as cells, count(*) filter (alarm)::int as alarms, count(distinct week) filter (alarm)::int as weeks_with_alarm from (
    select s.week, ${outside("avg(o.value)", "stddev_samp(o.value)", "count(*)", t[1])} as alarm
    from series s join series o on o.name = s.name and o.part = 'reference' and o.week <> s.week
    where s.part = 'reference' group by s.week, s.name, s.value, s.side)`);
console.log(JSON.stringify({ backtest: held }));

interface Week {
  week: string;
  rows: number;
  late_share: number;
  mean_score: number;
  auc: number;
  alarms: string[];
}
const weeks = (await rows(`
  with bound as (select name, avg(value) as m, stddev_samp(value) as sd, count(*) as n from series where part = 'reference' group by 1),
  alarms as (
    select s.week, list(s.name order by s.name) as alarms from series s join bound b using (name)
    where s.part = 'live' and s.week in (select week from answered group by 1 having count(*) >= ${FEW}) and ${outside("b.m", "b.sd", "b.n", t[0])} group by 1
  ), ranked as (
    select week, late, score, rank() over same + (count(*) over (partition by week, score) - 1) / 2.0 as place from answered window same as (partition by week order by score)
  ), weekly as (
    select week, count(*) as n, sum(late) as late, avg(score) as score, sum(place) filter (late = 1) as places from ranked group by 1
  )
  select w.week::varchar as week, n::int as rows, round(late / n, 4)::double as late_share, round(score, 4)::double as mean_score,
    round((places - late * (late + 1) / 2) / (late * (n - late)), 4)::double as auc, coalesce(alarms, []) as alarms
  from weekly w left join alarms using (week) order by 1`)) as unknown as Week[];
for (const week of weeks) console.log(JSON.stringify(week));

// What Capstan says of the same weeks. Its bounds are made in another way, so that a value close to one may fall on either side of it: named, but no disagreement.
const CLOSE = Math.log(1.25);
const idOf = (name: string): string =>
  ({ "late share": "realised:label-share", "mean score": "prediction:mean" })[name] ?? `column:${name}`;
const judgedByBoth = ["late share", "mean score", ...columns];
const series = new Map(said.seriesList.map((one) => [one.id, one.cells]));
const differences: string[] = [];
const close: string[] = [];
const alertWeeks: string[] = [];
let compared = 0;
for (const [i, window] of said.windowList.entries()) {
  const day = window.start.slice(0, 10);
  const mine = weeks.find((one) => one.week === day);
  if (mine === undefined) differences.push(`the log has no answers of the week of ${day}`);
  if (mine === undefined) continue;
  compared++;
  const cellOf = (name: string) => series.get(idOf(name))?.[i];
  const same = (what: string, own: number, theirs: number | null | undefined, by: number): void => {
    if (theirs === null || theirs === undefined || Math.abs(own - theirs) > by)
      differences.push(`${what} of ${day}: ${own} here, ${theirs ?? "nothing"} there`);
  };
  same("rows", mine.rows, window.rows, 0);
  same("rows with truth", mine.rows, window.labels, 0);
  same("late share", mine.late_share, cellOf("late share")?.value, 0.0001);
  same("mean score", mine.mean_score, cellOf("mean score")?.value, 0.0001);
  if (mine.rows < FEW) continue;
  const theirs = judgedByBoth.filter((name) => cellOf(name)?.verdict === "fail");
  if (theirs.length > 0 || mine.alarms.length > 0) alertWeeks.push(day);
  if (theirs.length > 0 === mine.alarms.length > 0) continue;
  const near = (name: string): boolean => {
    const cell = cellOf(name);
    return cell?.value != null && cell.bound != null && Math.abs(Math.log(cell.value / cell.bound)) < CLOSE;
  };
  const [what, who] = theirs.length > 0 ? [theirs, "there"] : [mine.alarms, "here"];
  (what.every(near) ? close : differences).push(`${what.join(", ")} of ${day} lie outside only ${who}`);
}
const answers = weeks.reduce((sum, one) => sum + one.rows, 0);
console.log(
  JSON.stringify({
    agrees: differences.length === 0 && compared > 0,
    weeks: compared,
    answers,
    alertWeeks,
    auc: weeks.map((one) => one.auc),
    close,
    differences,
  }),
);
