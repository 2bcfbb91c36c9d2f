import type { ColumnProfile } from "@capstan/contract/operations/data";
import { findUnitScale, jsDistance } from "@capstan/statistics";

export type ColumnDiff = {
  name: string;
  change: "added" | "removed" | "type" | "values" | "same";
  before: ColumnProfile | null;
  after: ColumnProfile | null;
  distance: number | null;
  notes: string[];
};

/** Below this distance the values count as the same. */
const sameBelow = 0.01;
const bins = 20;

/** Column by column, most changed first. */
export function diffProfiles(before: readonly ColumnProfile[], after: readonly ColumnProfile[]): ColumnDiff[] {
  const names = [...new Set([...before.map((one) => one.name), ...after.map((one) => one.name)])];
  const diffs = names.map((name): ColumnDiff => {
    const a = before.find((one) => one.name === name) ?? null;
    const b = after.find((one) => one.name === name) ?? null;
    if (!a || !b) return { name, change: a ? "removed" : "added", before: a, after: b, distance: null, notes: [] };
    const distance = distanceOf(a, b);
    const change = a.type !== b.type ? "type" : distance !== null && distance >= sameBelow ? "values" : "same";
    return { name, change, before: a, after: b, distance, notes: notesOf(a, b) };
  });
  const weight = (diff: ColumnDiff): number =>
    diff.change === "added" || diff.change === "removed" ? 3 : diff.change === "type" ? 2 : (diff.distance ?? 0);
  return diffs.sort((a, b) => weight(b) - weight(a));
}

/** Jensen–Shannon distance, base 2, with null as a bin of its own; null when nothing can be compared. */
export function distanceOf(a: ColumnProfile, b: ColumnProfile): number | null {
  const pair =
    a.quantiles.length > 0 && b.quantiles.length > 0 ? byQuantiles(a, b) : a.top.length > 0 && b.top.length > 0 ? byTop(a, b) : null;
  if (!pair) return null;
  return Number(jsDistance([...pair[0], a.nulls / Math.max(1, a.rows)], [...pair[1], b.nulls / Math.max(1, b.rows)], 2).toFixed(6));
}

/** Mass of both sides in bins between quantiles of the first; repeated values make no bin of their own. */
function byQuantiles(a: ColumnProfile, b: ColumnProfile): [number[], number[]] {
  const edges = [...new Set(Array.from({ length: bins - 1 }, (_, i) => a.quantiles[Math.round(((i + 1) * 100) / bins)] ?? 0))];
  return [massOf(a, edges), massOf(b, edges)];
}

function massOf(profile: ColumnProfile, edges: readonly number[]): number[] {
  const present = (profile.rows - profile.nulls) / Math.max(1, profile.rows);
  const atOrBelow = edges.map((edge) => shareAtOrBelow(profile.quantiles, edge));
  return [...atOrBelow, 1].map((share, i) => Math.max(0, share - (i === 0 ? 0 : (atOrBelow[i - 1] ?? 0))) * present);
}

/** Share of values at or below x, between two known quantiles by a straight line. */
function shareAtOrBelow(quantiles: readonly number[], x: number): number {
  const last = quantiles.length - 1;
  const first = quantiles[0] ?? Number.NaN;
  if (x < first) return 0;
  let i = 0;
  while (i < last && (quantiles[i + 1] ?? Number.POSITIVE_INFINITY) <= x) i++;
  if (i === last) return 1;
  const low = quantiles[i] ?? 0;
  const high = quantiles[i + 1] ?? low;
  return (i + (x - low) / (high - low)) / last;
}

function byTop(a: ColumnProfile, b: ColumnProfile): [number[], number[]] {
  // A value outside the other side's list counts as "other" on both, so that a list that was cut does not look like a change.
  const shared =
    a.other > 0 || b.other > 0
      ? a.top.filter((one) => b.top.some((two) => two.value === one.value)).map((one) => one.value)
      : [...new Set([...a.top, ...b.top].map((one) => one.value))];
  const shares = (profile: ColumnProfile): number[] => {
    const known = shared.map((value) => (profile.top.find((one) => one.value === value)?.count ?? 0) / Math.max(1, profile.rows));
    return [
      ...known,
      Math.max(0, (profile.rows - profile.nulls) / Math.max(1, profile.rows) - known.reduce((sum, share) => sum + share, 0)),
    ];
  };
  return [shares(a), shares(b)];
}

function notesOf(a: ColumnProfile, b: ColumnProfile): string[] {
  const notes: string[] = [];
  const nulls = (profile: ColumnProfile): number => profile.nulls / Math.max(1, profile.rows);
  if (a.nulls === 0 && b.nulls > 0) notes.push(`${b.nulls} nulls, before none`);
  else if (Math.abs(nulls(b) - nulls(a)) > 0.01) notes.push(`nulls ${(nulls(a) * 100).toFixed(1)} % to ${(nulls(b) * 100).toFixed(1)} %`);
  if (a.other === 0 && b.other === 0 && a.top.length > 0 && b.top.length > 0) {
    const unseen = b.top.filter((one) => !a.top.some((two) => two.value === one.value)).map((one) => one.value);
    const gone = a.top.filter((one) => !b.top.some((two) => two.value === one.value)).map((one) => one.value);
    if (unseen.length > 0) notes.push(`new: ${unseen.slice(0, 5).join(", ")}`);
    if (gone.length > 0) notes.push(`gone: ${gone.slice(0, 5).join(", ")}`);
  }
  const unit =
    (a.kind === "number" || a.kind === "integer") && a.quantiles.length > 0 && b.quantiles.length > 0
      ? findUnitScale(quartiles(a), quartiles(b))
      : undefined;
  if (unit) notes.push(`looks like another unit: ${unit.name}`);
  return notes;
}

const quartiles = (profile: ColumnProfile): { q25: number; median: number; q75: number } => ({
  q25: profile.quantiles[25] ?? 0,
  median: profile.quantiles[50] ?? 0,
  q75: profile.quantiles[75] ?? 0,
});
