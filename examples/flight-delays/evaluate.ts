// Scores the held-out days with the model that will be served, beside its own scorer and the baseline.
import { readFileSync, writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { auc, brier, ece, logLoss } from "./metric.ts";
import { score, scoreOnnx } from "./model.ts";
import { scorerOf } from "./onnx.ts";
import { readRows } from "./rows.ts";
import { input, output } from "./step.ts";
import { openTables, sqlText, writeColumns } from "./table.ts";

const TOLERANCE = 1e-5;

const run = await startRun({ name: "evaluate" });
const rows = await readRows(input("test"));
const file = readFileSync(input("model"));
const scores = await scoreOnnx(file, rows);
const baseline = await scoreOnnx(readFileSync(input("baseline")), rows);

const own = score(scorerOf(file), rows);
const apart = own.reduce((worst, p, i) => Math.max(worst, Math.abs(p - scores[i]!)), 0);
if (!(apart <= TOLERANCE))
  throw new Error(`ONNX Runtime and the model's own scorer differ by ${apart} on ${rows.count} rows, allowed ${TOLERANCE}`);

const metrics = {
  auc: auc(scores, rows.late),
  log_loss: logLoss(scores, rows.late),
  brier: brier(scores, rows.late),
  ece: ece(scores, rows.late),
  baseline_auc: auc(baseline, rows.late),
  baseline_log_loss: logLoss(baseline, rows.late),
  largest_difference_of_scorers: apart,
};
for (const [key, value] of Object.entries(metrics)) run.logMetric(key, value);

const db = await openTables();
await writeColumns(db, "scores", { flight_id: rows.flightId, score: scores, baseline_score: baseline });
await db.run(`copy (select t.*, s.score, s.baseline_score from read_parquet(${sqlText(input("test"))}) t join scores s using (flight_id) order by flight_id)
  to ${sqlText(output("scores"))} (format parquet, compression zstd)`);
writeFileSync(output("model"), file);
writeFileSync(output("metrics"), JSON.stringify(metrics, null, 2) + "\n");
await run.end();
