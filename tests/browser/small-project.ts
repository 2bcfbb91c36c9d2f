import { logisticModel } from "../../packages/capstan/src/build/inference/tiny-onnx.ts";

const rows = 400;
const day = 86_400_000;

/** Rows of a table with a truth that `slope` decides, the same for the same seed. */
function flights(seed: number): string {
  let state = seed;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const lines = Array.from({ length: rows }, (_, i) => {
    const distance = Math.round(100 + 2400 * random());
    const hour = Math.floor(24 * random());
    const late = random() < 1 / (1 + Math.exp(3 - hour / 6 - distance / 2000)) ? 1 : 0;
    return `${i},${new Date(Date.UTC(2001, 0, 1) + i * (day / 8)).toISOString().slice(0, 19)},${distance},${hour},${late}`;
  });
  return ["id,at,distance,hour,late", ...lines, ""].join("\n");
}

/** Four steps, of which `train` logs a curve and can be held at the gate `train`, checks, a model and a route. */
export const smallProject = (): Record<string, string | Uint8Array> => ({
  "flights.csv": flights(7),
  "model.onnx": logisticModel({ distance: 0.0005, hour: 0.16 }, -3),
  "params.yaml": "seed: 7\ntrain:\n  rate: 0.1\n  held: false\n",
  "capstan.yaml": `capstan: 1
project: small
params_from: params.yaml
data:
  flights: { path: flights.csv, time: at, licence: CC0-1.0, origin: made by its test, personal: none }
steps:
  prepare: { run: node prepare.mjs, in: { flights: data:flights }, out: { train: work/train.csv, test: work/test.csv }, params: [seed] }
  train: { run: node train.mjs, in: { rows: step:prepare.train, weights: model.onnx }, out: { model: work/model.onnx, metrics: { path: work/train.json, kind: metrics } }, params: [train] }
  baseline: { run: node baseline.mjs, in: { rows: step:prepare.train }, out: { share: work/baseline.txt } }
  evaluate:
    run: node evaluate.mjs
    in: { test: step:prepare.test, model: step:train.model, baseline: step:baseline.share }
    out: { metrics: { path: work/metrics.json, kind: metrics, better: { auc: higher } } }
    params: [train.rate]
checks:
  flights-rules:
    for: data:flights
    tests:
      - { kind: missing, column: "*", max_share: 0 }
      - { kind: range, column: distance, min: 1, max: 2000, mostly: 0.5 }
      - { kind: duplicates, columns: [hour], max_share: 0, severity: warn }
models:
  late: { from: step:train.model, owner: ops, metric: auc }
routes:
  late: { model: late, key: id, log: fast }
`,
  "prepare.mjs": `import { readFileSync, writeFileSync } from "node:fs";
const [head, ...lines] = readFileSync(process.env.CAPSTAN_IN_FLIGHTS, "utf8").trim().split("\\n");
writeFileSync(process.env.CAPSTAN_OUT_TRAIN, [head, ...lines.slice(0, 300)].join("\\n") + "\\n");
writeFileSync(process.env.CAPSTAN_OUT_TEST, [head, ...lines.slice(300)].join("\\n") + "\\n");
`,
  "train.mjs": `import { readFileSync, copyFileSync, writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { pass } from "./held.mjs";
const { train } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8"));
if (train.rate > 0.9) throw new Error("the rate " + train.rate + " is too high");
const run = await startRun({ name: "fit " + train.rate });
run.logParams({ rate: train.rate, kind: "logistic" });
for (let step = 0; step < 60; step++)
  run.logMetrics([{ key: "loss", value: 0.3 + Math.exp(-train.rate * step), step }, { key: "val_loss", value: 0.35 + Math.exp(-train.rate * step), step }]);
run.logMetric("auc", 0.7 + train.rate / 10);
run.progress(1, 2, "rounds");
writeFileSync("work/notes.txt", "rate " + train.rate + "\\n");
await run.logArtifact("work/notes.txt");
if (train.held) await pass(train.held === true ? "train" : train.held);
await run.end();
console.log("trained at rate " + train.rate);
copyFileSync(process.env.CAPSTAN_IN_WEIGHTS, process.env.CAPSTAN_OUT_MODEL);
writeFileSync(process.env.CAPSTAN_OUT_METRICS, JSON.stringify({ loss: 0.3, rate: train.rate }));
`,
  "baseline.mjs": `import { readFileSync, writeFileSync } from "node:fs";
const lines = readFileSync(process.env.CAPSTAN_IN_ROWS, "utf8").trim().split("\\n").slice(1);
writeFileSync(process.env.CAPSTAN_OUT_SHARE, String(lines.filter((line) => line.endsWith(",1")).length / lines.length));
`,
  "evaluate.mjs": `import { readFileSync, writeFileSync } from "node:fs";
const { train } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8"));
writeFileSync(process.env.CAPSTAN_OUT_METRICS, JSON.stringify({ auc: 0.7 + train.rate / 10, brier: 0.2 - train.rate / 10 }));
`,
});
