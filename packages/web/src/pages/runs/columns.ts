import { type Run, valueOf } from "./filter.ts";
import type { RunColumns } from "./runs-data.ts";

export type RunColumn = { key: string; name: string; numeric: boolean };

/** The main metric, two more, then the parameters that vary, those that most runs have first; the same value under two names is shown once. */
export function columnsOf(known: RunColumns, runs: readonly Run[]): readonly RunColumn[] {
  const held = (key: string): number => runs.reduce((sum, run) => sum + (valueOf(run, key) === undefined ? 0 : 1), 0);
  const metrics = known.metrics.map((name) => ({ key: `metrics.${name}`, name, numeric: true }));
  const bare = new Set(known.varying.map((name) => name.split(".").at(-1) ?? name));
  const params = known.varying
    .map((name) => ({
      key: `params.${name}`,
      name,
      numeric: runs.every((run) => run.params[name] === undefined || Number.isFinite(Number(run.params[name]))),
    }))
    .filter((one) => (one.name.includes(".") ? !known.varying.includes(one.name.split(".").at(-1) ?? "") : bare.has(one.name)))
    .toSorted((a, b) => held(b.key) - held(a.key));
  return [...metrics.slice(0, 3), ...params.slice(0, 6), ...metrics.slice(3)];
}

/** Colour of a run that is drawn, by its place among the drawn; the ninth and later share grey. */
export const colorOf = (id: string, drawn: readonly string[]): string | null => {
  const at = drawn.indexOf(id);
  return at < 0 ? null : at < 8 ? `var(--series-${at + 1})` : "var(--reference)";
};
