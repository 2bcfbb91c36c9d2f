// The reference with an honest score on every row: small models, each fitted without the week that it scores.
// Monitors take their bounds from here, never from rows that the served model was fitted on.
import { startRun } from "@capstan/client";
import { auc, ece } from "./metric.ts";
import { fit, score } from "./model.ts";
import { pick, randomFrom, readRows } from "./rows.ts";
import { input, output, params } from "./step.ts";
import { openTables, sqlText, writeColumns } from "./table.ts";

const MOST_ROWS = 30_000;

const { seed, train } = params();
const run = await startRun({ name: "backtest" });
const rows = await readRows(input("reference"));
const weeks = [...new Set(rows.week)].sort((a, b) => a - b);
const scores = new Float32Array(rows.count);
const small = { ...train, depth: train.depth - 1, leaf_rows: Math.ceil(train.leaf_rows / 2) }; // fewer rows carry simpler trees

for (const [index, week] of weeks.entries()) {
  const random = randomFrom(seed + index);
  const all = Array.from(rows.week.keys());
  const others = all.filter((i) => rows.week[i] !== week);
  const share = (0.98 * MOST_ROWS) / others.length;
  const model = fit(
    pick(
      rows,
      others.filter(() => random() < share),
    ),
    small,
    seed + index,
  );
  const its = all.filter((i) => rows.week[i] === week);
  const left = pick(rows, its);
  const said = score(model, left);
  its.forEach((i, k) => (scores[i] = said[k]!));
  run.logMetrics([
    { key: "week_auc", value: auc(said, left.late), step: index },
    { key: "week_ece", value: ece(said, left.late), step: index },
  ]);
  run.progress(index + 1, weeks.length, "week");
}

const db = await openTables();
await writeColumns(db, "scored", { flight_id: rows.flightId, score: scores });
await db.run(`copy (select r.*, s.score from read_parquet(${sqlText(input("reference"))}) r join scored s using (flight_id) order by flight_id)
  to ${sqlText(output("reference"))} (format parquet, compression zstd)`);
await run.end();
