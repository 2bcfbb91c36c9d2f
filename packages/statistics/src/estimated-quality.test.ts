import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as s from "./index.ts";

function columns(name: string): Record<string, Float64Array> {
  const [header, ...rows] = readFileSync(new URL(`../golden/${name}`, import.meta.url), "utf8")
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  return Object.fromEntries(header!.map((column, i) => [column, Float64Array.from(rows, (row) => Number(row[i]))]));
}

const golden = JSON.parse(readFileSync(new URL("../golden/golden.json", import.meta.url), "utf8")) as {
  entries: { id: string; value: number[] }[];
};
const want = (id: string): number[] => golden.entries.find((entry) => entry.id === id)!.value;
const reference = columns("reference.csv");
const current = columns("current.csv");
const fit = s.fitIsotonic(reference["score"]!, reference["target"]!);
const probability = current["score"]!.map((score) => s.calibrated(fit, score));

/** Per chunk, what confidence-based estimation says. */
function estimates(size: number): s.EstimatedQuality[] {
  return Array.from({ length: 2000 / size }, (_, k) => {
    const part = (values: Float64Array) => values.subarray(k * size, (k + 1) * size);
    return s.estimatedQuality(part(probability), part(current["pred"]!), part(current["score"]!));
  });
}

test.each([
  ["whole", 2000],
  ["chunks500", 500],
] as const)("decision metrics equal the peer's estimate, %s", (chunking, size) => {
  for (const metric of ["accuracy", "precision", "recall", "specificity", "f1"] as const) {
    const got = estimates(size).map((estimate) => estimate[metric]);
    want(`cbpe/${chunking}/${metric}/value`).forEach((value, k) => expect(got[k], `${metric} of chunk ${k}`).toBeCloseTo(value, 9));
  }
});

test.each([
  ["whole", 2000],
  ["chunks500", 500],
] as const)("ranking metrics are within the peer's rounding and tie breaking, %s", (chunking, size) => {
  const got = estimates(size);
  want(`cbpe/${chunking}/roc_auc/value`).forEach((value, k) => expect(got[k]!.auc).toBeCloseTo(value, 3));
  want(`cbpe/${chunking}/average_precision/value`).forEach((value, k) => expect(got[k]!.averagePrecision).toBeCloseTo(value, 2));
});

test("where the scores are calibrated and nothing drifted, the estimate meets the truth within its error", () => {
  const random = new s.RandomStream(3);
  const chance = Float64Array.from({ length: 20_000 }, () => random.uniform());
  const labels = chance.map((c) => Number(random.uniform() < c));
  const decisions = chance.map((c) => Number(c >= 0.5));
  const estimate = s.estimatedQuality(chance, decisions);
  const truth = s.decisionQuality(s.confusion(labels, decisions));
  expect(Math.abs(estimate.accuracy - truth.accuracy)).toBeLessThan(4 * estimate.accuracyError);
  expect(estimate.auc).toBeCloseTo(s.auc(labels, chance), 2);
  expect(estimate.averagePrecision).toBeCloseTo(s.averagePrecision(labels, chance), 2);
});
