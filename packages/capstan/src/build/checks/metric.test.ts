import { expect, test } from "vitest";
import { RandomStream } from "@capstan/statistics";
import { improvement, measure, metricNames } from "./metric.ts";

/** Calibrated scores and a truth drawn from them. */
function draw(n: number, seed: number): { truth: Float64Array; score: Float64Array } {
  const random = new RandomStream(seed);
  const score = Float64Array.from({ length: n }, () => random.uniform());
  return { score, truth: score.map((p) => (random.uniform() < p ? 1 : 0)) };
}

test("intervals of 95 % hold the truth in about 95 % of draws", () => {
  const truths: Record<string, number> = { auc: 5 / 6, accuracy: 0.75, brier: 1 / 6, log_loss: 0.5 };
  for (const [name, truth] of Object.entries(truths)) {
    let held = 0;
    for (let i = 0; i < 200; i++) {
      const { lower, upper } = measure(name, draw(400, i + 1));
      if (lower <= truth && truth <= upper) held++;
    }
    expect(held, name).toBeGreaterThanOrEqual(182);
  }
});

test("no gain: the paired interval holds zero and is narrower than two single ones", () => {
  const { truth, score } = draw(5000, 7);
  const noise = new RandomStream(8);
  const other = score.map((p) => Math.min(1, Math.max(0, p + (noise.uniform() - 0.5) * 0.02)));
  for (const name of metricNames) {
    const gain = improvement(name, truth, other, score);
    expect(gain.lower, name).toBeLessThanOrEqual(gain.value);
    expect(gain.upper, name).toBeGreaterThanOrEqual(gain.value);
    if (name === "ece") continue;
    const single = measure(name, { truth, score });
    expect(gain.upper - gain.lower, name).toBeLessThan(single.upper - single.lower);
  }
});

test("a gain is positive whichever way the metric counts", () => {
  const { truth, score } = draw(5000, 9);
  const worse = score.map((p) => 0.5 + (p - 0.5) * -0.5);
  for (const name of metricNames) expect(improvement(name, truth, worse, score).lower, name).toBeGreaterThan(0);
});
