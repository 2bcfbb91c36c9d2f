// How good probabilities are, given what happened.

/** Chance that a late flight scores above one in time; ties count half. */
export function auc(score: Float32Array, late: Uint8Array): number {
  const order = Uint32Array.from(score.keys()).sort((a, b) => score[a]! - score[b]!);
  let [ranks, positives] = [0, 0];
  for (let i = 0; i < order.length;) {
    let j = i;
    while (j < order.length && score[order[j]!] === score[order[i]!]) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) if (late[order[k]!] === 1) [ranks, positives] = [ranks + rank, positives + 1];
    i = j;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

export function logLoss(score: Float32Array, late: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < score.length; i++) sum -= Math.log(Math.max(late[i] === 1 ? score[i]! : 1 - score[i]!, 1e-12));
  return sum / score.length;
}

export function brier(score: Float32Array, late: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < score.length; i++) sum += (score[i]! - late[i]!) ** 2;
  return sum / score.length;
}

/** Mean distance of said and seen share over ten groups of equal size by score. */
export function ece(score: Float32Array, late: Uint8Array, groups = 10): number {
  const order = Uint32Array.from(score.keys()).sort((a, b) => score[a]! - score[b]!);
  let sum = 0;
  for (let g = 0; g < groups; g++) {
    let gap = 0;
    for (let k = Math.floor((g * order.length) / groups); k < Math.floor(((g + 1) * order.length) / groups); k++)
      gap += score[order[k]!]! - late[order[k]!]!;
    sum += Math.abs(gap);
  }
  return sum / score.length;
}
