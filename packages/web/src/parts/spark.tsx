/** A line without axes: where a figure went. The words beside it say what it is. */
export function Spark({ values, width = 46, height = 18 }: { values: readonly number[]; width?: number; height?: number }) {
  if (values.length < 3) return null;
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const points = values.map(
    (value, i) =>
      `${((i / (values.length - 1)) * (width - 4) + 1).toFixed(1)},${((1 - (value - least) / range) * (height - 4) + 2).toFixed(1)}`,
  );
  const [x, y] = (points.at(-1) ?? "0,0").split(",");
  return (
    <svg width={width} height={height} aria-hidden="true" className="spark">
      <polyline points={points.join(" ")} fill="none" stroke="var(--reference)" strokeWidth="1.3" strokeLinejoin="round" />
      <circle cx={x} cy={y} r="2" fill="var(--reference)" />
    </svg>
  );
}
