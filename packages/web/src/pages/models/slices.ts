import type { Output } from "../../data/api.ts";
import type { IntervalRow } from "../../parts/interval-plot.tsx";

type Result = Output<"checks.result">["results"][number];

/** The number of a bound such as `≥ 0.55`. */
export const boundOf = (bound: string | null): number | null => {
  const match = /-?\d+(?:\.\d+)?(?:e-?\d+)?/i.exec(bound ?? "");
  return match ? Number(match[0]) : null;
};

const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const valueOf = (sample: Record<string, unknown>): number | null =>
  Object.entries(sample)
    .filter(([name]) => !["lower", "upper", "rows", "n"].includes(name))
    .map(([, value]) => numberOf(value))
    .find((value) => value !== null) ?? null;

/** Slices of a test with the same slices of another version's test beside them, in the order that the test gives: the worst first. */
export function slicesOf(result: Result, other: Result | undefined): IntervalRow[] {
  const others = new Map(other?.samples.map((sample) => [String(sample["slice"]), valueOf(sample)]));
  return result.samples.flatMap((sample): IntervalRow[] => {
    const value = valueOf(sample);
    const [lower, upper] = [numberOf(sample["lower"]), numberOf(sample["upper"])];
    if (value === null || lower === null || upper === null || sample["slice"] === undefined) return [];
    const name = String(sample["slice"]);
    return [
      { name, value, lower, upper, rows: numberOf(sample["rows"]), mark: markOf(sample["verdict"]), other: others.get(name) ?? null },
    ];
  });
}

const marks = ["pass", "warn", "fail", "error", "skipped", "inconclusive"] as const;
const markOf = (verdict: unknown): IntervalRow["mark"] => marks.find((one) => one === verdict) ?? "pass";
