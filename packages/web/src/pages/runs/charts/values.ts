import { useOperation } from "../../../data/api.ts";
import { count } from "../../../parts/format.tsx";
import type { Question } from "../table/view.ts";
import type { Named } from "../table/columns.ts";

const none: readonly never[] = [];

/** The runs that a drawing is of, in their order, and what they may hold. */
export type ManyRuns = { question: Question; order: readonly string[]; total: number; names: readonly Named[] };
/** How many of them are drawn. */
export const ofHowMany = (drawn: number, total: number): string =>
  drawn < total ? `first ${count(drawn)} of ${count(total)}` : `${count(drawn)} runs`;

export type Point = { id: string; name: string; values: readonly (number | string | null)[] };

/** Values of some columns of the first runs of an order: what a drawing of many runs needs, and no more. */
export function usePoints(
  question: Question,
  order: readonly string[],
  columns: readonly string[],
  limit: number,
): { points: readonly Point[]; asking: boolean } {
  const found = useOperation(
    "runs.search",
    { ...question, order: [...order], columns: [...columns], limit },
    { enabled: columns.length > 0 },
  );
  return { points: found.data?.rows ?? none, asking: found.isFetching };
}

export const metricsOf = (names: readonly Named[]): readonly string[] =>
  names.filter((one) => one.key.startsWith("metrics.")).map((one) => one.key);
export const varyingParams = (names: readonly Named[]): readonly Named[] =>
  names.filter((one) => one.key.startsWith("params.") && one.varies);
export const bare = (key: string): string => key.replace(/^(metrics|params|tags)\./, "");
export const asNumber = (value: number | string | null | undefined): number | null =>
  value === null || value === undefined || value === "" || !Number.isFinite(Number(value)) ? null : Number(value);
