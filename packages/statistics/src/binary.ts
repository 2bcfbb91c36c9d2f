import { requireSameLength, type Numbers } from "./numbers.ts";

/**
 * Scores of the positive rows and of the negative rows, each ascending. `labels` holds 0 or 1 for each row of `scores`;
 * anything else, or a score that is not a number, is refused with its row.
 */
export function scoresByClass(labels: Numbers, scores: Numbers): { positive: Float64Array; negative: Float64Array } {
  const n = requireSameLength(labels, scores, "labels and scores");
  let positives = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i]!;
    if (label !== 0 && label !== 1) throw new RangeError(`label of row ${i} is ${label}, not 0 or 1`);
    if (Number.isNaN(scores[i]!)) throw new RangeError(`score of row ${i} is not a number`);
    positives += label;
  }
  const positive = new Float64Array(positives);
  const negative = new Float64Array(n - positives);
  let p = 0;
  let q = 0;
  for (let i = 0; i < n; i++) {
    if (labels[i] === 1) positive[p++] = scores[i]!;
    else negative[q++] = scores[i]!;
  }
  return { positive: positive.sort(), negative: negative.sort() };
}
