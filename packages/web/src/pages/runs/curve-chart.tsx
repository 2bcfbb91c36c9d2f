import { useMemo } from "react";
import { LineChart } from "../../parts/line-chart.tsx";

export type Curve = {
  id: string;
  label: string;
  step: readonly number[];
  values: readonly (number | null)[];
  /** Null: one of the others, thin and grey. */ color: string | null;
};

/** Curves with steps of their own over one axis. */
export function CurveChart({ lines, summary, height = 210 }: { lines: readonly Curve[]; summary: string; height?: number }) {
  const { x, drawn } = useMemo(() => {
    const x = [...new Set(lines.flatMap((line) => line.step))].toSorted((a, b) => a - b);
    const at = new Map(x.map((step, i) => [step, i]));
    const drawn = lines.map((line) => {
      const values = Array<number | null>(x.length).fill(null);
      line.step.forEach((step, i) => (values[at.get(step) ?? 0] = line.values[i] ?? null));
      return {
        label: line.label,
        values,
        color: line.color ?? "var(--line-strong)",
        width: line.color === null ? 1 : 2,
        quiet: line.color === null,
      };
    });
    return { x, drawn };
  }, [lines]);
  return <LineChart x={x} lines={drawn} height={height} summary={summary} />;
}
