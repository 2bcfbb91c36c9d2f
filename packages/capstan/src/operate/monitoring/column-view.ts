import type { OutputOf } from "@capstan/contract";
import type { monitoringOperations } from "@capstan/contract/operations/monitoring";
import { type ColumnProfile, profileQuantile } from "@capstan/statistics";
import type { Evidence } from "./evidence.ts";
import type { Cell, SeriesSpec } from "./model.ts";
import { number } from "./words.ts";

type View = OutputOf<(typeof monitoringOperations)["monitors.column"]>;
const shownCategories = 30;

export const typeOf = (spec: SeriesSpec, profile: ColumnProfile | undefined): string =>
  profile ? (profile.kind === "numeric" ? "number" : "category") : spec.measure === "level" ? "level" : "quality";

/** Both sides over the reference's bins; what lies outside them, is infinite, missing or unseen has bins of its own. */
export function distributionOf(pair: Evidence["profiles"][string] | undefined): View["distribution"] {
  if (!pair) return null;
  const { reference, current } = pair;
  const rows = { referenceRows: reference.n, currentRows: current.n };
  const share = (count: number, profile: ColumnProfile): number => (profile.n === 0 ? 0 : count / profile.n);
  const special = (label: string, a: number, b: number): { label: string; reference: number; current: number }[] =>
    a === 0 && b === 0 ? [] : [{ label, reference: share(a, reference), current: share(b, current) }];
  if (reference.kind === "numeric" && current.kind === "numeric") {
    const { edges } = reference;
    const last = reference.counts.length - 1;
    const bins = edges.slice(1).map((to, i) => ({
      label: `${number(edges[i] ?? 0)} to ${number(to)}`,
      from: edges[i] ?? null,
      to,
      reference: share(reference.counts[i + 1] ?? 0, reference),
      current: share(current.counts[i + 1] ?? 0, current),
    }));
    return {
      kind: "number",
      bins,
      ...rows,
      median: { reference: finite(profileQuantile(reference, 0.5)), current: finite(profileQuantile(current, 0.5)) },
      special: [
        ...special("null", reference.nulls, current.nulls),
        ...special("infinite", reference.infinite, current.infinite),
        ...(last > 0
          ? [
              ...special("below the reference", reference.counts[0] ?? 0, current.counts[0] ?? 0),
              ...special("above the reference", reference.counts[last] ?? 0, current.counts[last] ?? 0),
            ]
          : []),
      ],
    };
  }
  if (reference.kind === "categorical" && current.kind === "categorical") {
    const now = new Map(current.counts);
    const listed = reference.counts.slice(0, shownCategories);
    const rest = (profile: ColumnProfile & { kind: "categorical" }): number =>
      profile.counts.filter(([category]) => !listed.some(([name]) => name === category)).reduce((sum, [, count]) => sum + count, 0);
    return {
      kind: "category",
      ...rows,
      median: { reference: null, current: null },
      bins: listed.map(([label, count]) => ({
        label,
        from: null,
        to: null,
        reference: share(count, reference),
        current: share(now.get(label) ?? 0, current),
      })),
      special: [
        ...special("other categories", rest(reference), rest(current)),
        ...special("unseen", reference.other, current.other),
        ...special("null", reference.nulls, current.nulls),
      ],
    };
  }
  return null;
}
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export function columnFacts(spec: SeriesSpec, cell: Cell | undefined, evidence: Evidence): View["facts"] {
  const fact = (label: string, value: number | null | undefined, strong = false): View["facts"] =>
    value === null || value === undefined ? [] : [{ label, value: number(value), strong }];
  const asked = evidence.window.cells.filter((one) => one.p !== null).length;
  const profile = evidence.profiles[spec.id];
  const small = (p: number): string => (p < 1e-12 ? "< 1e-12" : number(p));
  return [
    ...fact("Rows here", profile?.current.n ?? evidence.window.rows),
    ...fact("Reference rows", profile?.reference.n),
    ...fact(spec.measure === "distance" ? `Distance (${spec.method})` : "Value", cell?.value),
    ...fact("Noise floor", cell?.floor),
    ...fact(spec.measure === "level" ? "Upper bound" : "Bound", cell?.bound),
    ...fact("Lower bound", cell?.lower),
    ...fact("Excess, in bounds", cell && cell.excess > 0 ? cell.excess : null, true),
    ...(cell?.p === null || cell?.p === undefined ? [] : [{ label: "p", value: small(cell.p), strong: false }]),
    ...(cell?.q === null || cell?.q === undefined
      ? []
      : [{ label: `q, ${asked} series`, value: small(cell.q), strong: cell.verdict === "fail" }]),
  ];
}
