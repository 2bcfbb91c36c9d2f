/** A small project for an empty folder: real steps on data that are made here, with nothing but Node. */
export function starterFiles(): Record<string, string> {
  return { "params.yaml": params, "data/points.csv": points(), "prepare.mjs": prepare, "train.mjs": train, "evaluate.mjs": evaluate };
}

/** Two overlapping clouds of points, the same every time. */
function points(): string {
  let state = 42;
  const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const lines = Array.from({ length: 600 }, () => {
    const label = draw() < 0.5 ? 1 : 0;
    const around = (centre: number): string => (centre + (draw() + draw() + draw() - 1.5) * 2).toFixed(3);
    return `${around(label * 1.5)},${around(label)},${label}`;
  });
  return `x,y,label\n${lines.join("\n")}\n`;
}

const params = `prepare:
  test_share: 0.25
train:
  rounds: 200
  rate: 0.5
`;

const prepare = `// Rows for training and rows to judge by.
import { readFileSync, writeFileSync } from "node:fs";

const { test_share } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8")).prepare;
const [head, ...rows] = readFileSync("data/points.csv", "utf8").trim().split("\\n");
const every = Math.round(1 / test_share);
const part = (test) => [head, ...rows.filter((_, i) => (i % every === 0) === test)].join("\\n");
writeFileSync("work/train.csv", part(false));
writeFileSync("work/test.csv", part(true));
`;

const train = `// A logistic model by gradient descent.
import { readFileSync, writeFileSync } from "node:fs";

const { rounds, rate } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8")).train;
const rows = readFileSync("work/train.csv", "utf8").trim().split("\\n").slice(1).map((line) => line.split(",").map(Number));
const model = { x: 0, y: 0, bias: 0 };
for (let round = 0; round < rounds; round++) {
  const slope = { x: 0, y: 0, bias: 0 };
  for (const [x, y, label] of rows) {
    const off = 1 / (1 + Math.exp(-(model.x * x + model.y * y + model.bias))) - label;
    slope.x += off * x;
    slope.y += off * y;
    slope.bias += off;
  }
  for (const name of Object.keys(model)) model[name] -= (rate * slope[name]) / rows.length;
}
writeFileSync("work/model.json", JSON.stringify(model));
`;

const evaluate = `// How often it is right on rows that it has not seen.
import { readFileSync, writeFileSync } from "node:fs";

const model = JSON.parse(readFileSync("work/model.json", "utf8"));
const rows = readFileSync("work/test.csv", "utf8").trim().split("\\n").slice(1).map((line) => line.split(",").map(Number));
const scores = rows.map(([x, y]) => 1 / (1 + Math.exp(-(model.x * x + model.y * y + model.bias))));
const right = rows.filter(([, , label], i) => (scores[i] >= 0.5 ? 1 : 0) === label).length;
const loss = rows.reduce((sum, [, , label], i) => sum - Math.log(label === 1 ? scores[i] : 1 - scores[i]), 0);
writeFileSync("work/metrics.json", JSON.stringify({ accuracy: right / rows.length, log_loss: loss / rows.length }));
`;
