import type { Output } from "../../data/api.ts";

type Column = Output<"data.version">["profile"][number];

/** Shares of a column: of its bins, or of its most frequent values with the rest as the last bar. */
export function sharesOf(column: Column): { label: string; share: number }[] {
  const whole = Math.max(1, column.rows - column.nulls);
  if (column.histogram) return column.histogram.counts.map((one, i) => ({ label: `bin ${i + 1}`, share: one / whole }));
  return [
    ...column.top.map((one) => ({ label: one.value, share: one.count / whole })),
    ...(column.other > 0 && column.top.length === 0 ? [{ label: "other", share: column.other / whole }] : []),
  ];
}

/** Small bars; the words beside it say the same, so it is decoration to a screen reader. */
export function Histogram({ column, width = 150, height = 30 }: { column: Column; width?: number; height?: number }) {
  const bars = sharesOf(column).slice(0, 60);
  const most = Math.max(...bars.map((bar) => bar.share), 1e-9);
  const step = width / Math.max(1, bars.length);
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: "block" }}>
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--line-strong)" />
      {bars.map((bar, i) => (
        <rect
          key={`${bar.label} ${i}`}
          x={i * step}
          width={Math.max(1, Math.min(step - 1, 12))}
          y={height - 1 - (bar.share / most) * (height - 3)}
          height={(bar.share / most) * (height - 3)}
          fill="var(--seq-5)"
        >
          <title>
            {bar.label}: {(bar.share * 100).toFixed(1)} %
          </title>
        </rect>
      ))}
    </svg>
  );
}

/** Before as grey bars, after as a line; each over its own bins, heights as shares. */
export function Overlay({
  before,
  after,
  width = 150,
  height = 34,
}: {
  before: Column | null;
  after: Column | null;
  width?: number;
  height?: number;
}) {
  const [old, now] = [before ? sharesOf(before) : [], after ? sharesOf(after) : []];
  const most = Math.max(...old.map((bar) => bar.share), ...now.map((bar) => bar.share), 1e-9);
  const y = (share: number): number => height - 1 - (share / most) * (height - 3);
  const line = now
    .map(
      (bar, i) =>
        `${i === 0 ? "M" : "L"}${((i / now.length) * width).toFixed(1)},${y(bar.share).toFixed(1)}H${(((i + 1) / now.length) * width).toFixed(1)}`,
    )
    .join("");
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: "block" }}>
      {old.map((bar, i) => (
        <rect
          key={`${bar.label} ${i}`}
          x={(i / old.length) * width}
          width={Math.max(1, width / old.length - 1)}
          y={y(bar.share)}
          height={height - 1 - y(bar.share)}
          fill="var(--line-strong)"
        />
      ))}
      <path d={line} fill="none" stroke="var(--series-1)" strokeWidth="1.6" />
    </svg>
  );
}
