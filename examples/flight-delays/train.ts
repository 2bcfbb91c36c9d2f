// Training rows in; a model as an ONNX file out. The same rows, parameters and seed give the same bytes.
import { writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { auc, logLoss } from "./metric.ts";
import { fit, score } from "./model.ts";
import { toOnnx } from "./onnx.ts";
import { readRows } from "./rows.ts";
import { input, output, params } from "./step.ts";

const { seed, train } = params();
const run = await startRun({ name: `train ${train.kind}` });
run.logParams({ seed, ...train });

const rows = await readRows(input("rows"));
const total = train.kind === "boosted" ? train.trees : 8;
const curve: { key: string; value: number; step: number }[] = [];
const model = fit(rows, train, seed, (done, loss) => {
  curve.push({ key: "train_log_loss", value: loss, step: done });
  run.progress(done, total, train.kind === "boosted" ? "tree" : "round");
});
run.logMetrics(curve);

const scores = score(model, rows);
const metrics = { train_auc: auc(scores, rows.late), train_log_loss: logLoss(scores, rows.late) };
run.logMetrics(Object.entries(metrics).map(([key, value]) => ({ key, value, step: total })));
writeFileSync(output("model"), toOnnx(model));
writeFileSync(output("metrics"), JSON.stringify(metrics, null, 2) + "\n");
await run.end();
