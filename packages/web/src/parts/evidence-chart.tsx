import { useEffect, useRef, useState } from "react";
import { number } from "./format.tsx";
import { VerdictGlyph } from "./verdict.tsx";
import { scaleOf } from "./scale.ts";

type Values = readonly (number | null)[];
export type Evidence = {
  x: readonly number[];
  lines: readonly { label: string; values: Values; color?: string }[];
  band?: { label: string; low: Values; high: Values };
  /** The area beyond a bound is tinted; `side` says where that is. */
  bounds?: readonly { value: number; label: string; side: "above" | "below" }[];
  guides?: readonly { value: number; label: string }[];
  marks?: readonly { x: number; label: string }[];
  /** Points that carry a verdict other than pass. */
  failing?: readonly number[];
  chosen?: number | null;
};

const letter = 6.4;
/** Line of each mark's word, so that no word runs into another; three lines at most. */
function lanesOf(marks: readonly { x: number; label: string }[], x: readonly number[], width: number): number[] {
  const [x0, x1] = [Math.min(...x), Math.max(...x)];
  const taken: [number, number][][] = [];
  return marks.map((mark) => {
    const at = 58 + (x1 === x0 ? 0.5 : (mark.x - x0) / (x1 - x0)) * (width - 72);
    const wide = mark.label.length * letter + 10;
    const [from, to] = at > width * 0.8 ? [at - wide, at] : [at, at + wide];
    let lane = 0;
    while (lane < 2 && taken[lane]?.some(([a, b]) => from < b && to > a)) lane++;
    (taken[lane] ??= []).push([from, to]);
    return lane;
  });
}

/** One measured thing against its bound, with what happened drawn in. The same numbers stand in a table behind the button. */
export function EvidenceChart({
  evidence,
  height = 220,
  log = false,
  xText,
  yText = number,
  summary,
}: {
  evidence: Evidence;
  height?: number;
  log?: boolean;
  xText: (x: number) => string;
  yText?: (y: number) => string;
  summary: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  const [table, setTable] = useState(false);
  useEffect(() => {
    if (!box.current) return;
    const resize = new ResizeObserver(([entry]) => entry && setWidth(Math.max(280, entry.contentRect.width)));
    resize.observe(box.current);
    return () => resize.disconnect();
  }, []);
  const { x, lines, band, bounds = [], guides = [], marks = [], failing = [], chosen = null } = evidence;
  const lane = lanesOf(marks, x, width);
  const lanes = Math.max(0, ...lane) + 1;
  const left = 58,
    right = 14,
    top = marks.length > 0 ? 8 + 14 * lanes : 10,
    bottom = 22;
  const seen = [
    ...lines.flatMap((line) => line.values),
    ...(band ? [...band.low, ...band.high] : []),
    ...bounds.map((one) => one.value),
    ...guides.map((one) => one.value),
  ].filter((value): value is number => value !== null && Number.isFinite(value) && (!log || value > 0));
  const scale = scaleOf(seen, log, top, height - bottom);
  const x0 = Math.min(...x),
    x1 = Math.max(...x);
  const px = (at: number): number => left + (x1 === x0 ? 0.5 : (at - x0) / (x1 - x0)) * (width - left - right);
  const path = (values: Values): string => {
    let d = "",
      pen = "M";
    values.forEach((value, i) => {
      if (value === null || !Number.isFinite(value) || (log && value <= 0)) return void (pen = "M");
      d += `${pen}${px(x[i] ?? 0).toFixed(1)} ${scale.at(value).toFixed(1)}`;
      pen = "L";
    });
    return d;
  };
  const both = band
    ? x
        .map((at, i) => ({ at, low: band.low[i] ?? null, high: band.high[i] ?? null }))
        .filter((one): one is { at: number; low: number; high: number } => one.low !== null && one.high !== null)
    : [];
  const area =
    both.length === 0
      ? ""
      : `M${both.map((one) => `${px(one.at).toFixed(1)} ${scale.at(one.high).toFixed(1)}`).join("L")}L${[...both]
          .reverse()
          .map((one) => `${px(one.at).toFixed(1)} ${scale.at(one.low).toFixed(1)}`)
          .join("L")}Z`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => x0 + part * (x1 - x0)).filter((at, i) => x1 > x0 || i === 0);
  const main = lines[0];
  return (
    <figure style={{ margin: 0 }}>
      <figcaption style={{ display: "flex", gap: 14, flexWrap: "wrap", color: "var(--ink-2)", fontSize: "0.75rem", marginBottom: 4 }}>
        {lines.map((line, i) => (
          <span key={line.label} style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
            <i aria-hidden style={{ width: 12, borderTop: `2px solid ${line.color ?? `var(--series-${i + 1})`}` }} />
            {line.label}
          </span>
        ))}
        {band && (
          <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
            <i aria-hidden style={{ width: 12, height: 9, background: "var(--series-1)", opacity: 0.2 }} />
            {band.label}
          </span>
        )}
        <button
          type="button"
          onClick={() => setTable(!table)}
          style={{
            marginLeft: "auto",
            background: "none",
            border: 0,
            padding: "0 4px",
            minHeight: 24,
            color: "var(--accent-ink)",
            cursor: "pointer",
          }}
        >
          {table ? "Chart" : "Table"}
        </button>
      </figcaption>
      <div ref={box}>
        {table ? (
          <div className="scroll" style={{ maxHeight: height, overflowY: "auto" }} tabIndex={0} role="group" aria-label={summary}>
            <table>
              <thead>
                <tr>
                  <th>at</th>
                  {lines.map((line) => (
                    <th key={line.label} className="num">
                      {line.label}
                    </th>
                  ))}
                  {band && (
                    <>
                      <th className="num">from</th>
                      <th className="num">to</th>
                    </>
                  )}
                </tr>
              </thead>
              <tbody>
                {x.map((at, i) => (
                  <tr key={i}>
                    <td>{xText(at)}</td>
                    {lines.map((line) => (
                      <td key={line.label} className="num">
                        {number(line.values[i])}
                      </td>
                    ))}
                    {band && (
                      <>
                        <td className="num">{number(band.low[i])}</td>
                        <td className="num">{number(band.high[i])}</td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <svg width={width} height={height} role="img" aria-label={summary} style={{ display: "block", font: "10.5px Inter, sans-serif" }}>
            {scale.ticks.map((tick) => (
              <g key={tick}>
                <line x1={left} x2={width - right} y1={scale.at(tick)} y2={scale.at(tick)} stroke="var(--line)" />
                <text x={left - 8} y={scale.at(tick) + 3.5} textAnchor="end" fill="var(--ink-3)">
                  {yText(tick)}
                </text>
              </g>
            ))}
            {ticks.map((tick, i) => (
              <text
                key={tick}
                x={px(tick)}
                y={height - 6}
                textAnchor={i === 0 && ticks.length > 1 ? "start" : i === ticks.length - 1 && i > 0 ? "end" : "middle"}
                fill="var(--ink-3)"
              >
                {xText(tick)}
              </text>
            ))}
            {bounds.map((bound) => {
              const y = scale.at(bound.value);
              const above = bound.side === "above";
              return (
                <g key={bound.label}>
                  <rect
                    x={left}
                    width={width - left - right}
                    y={above ? top : y}
                    height={Math.max(0, above ? y - top : height - bottom - y)}
                    fill="var(--fail-soft)"
                    opacity={0.75}
                  />
                  <line x1={left} x2={width - right} y1={y} y2={y} stroke="var(--fail-glyph)" strokeWidth={1.4} />
                </g>
              );
            })}
            {guides.map((guide) => (
              <g key={guide.label}>
                <line
                  x1={left}
                  x2={width - right}
                  y1={scale.at(guide.value)}
                  y2={scale.at(guide.value)}
                  stroke="var(--reference)"
                  strokeDasharray="4 3"
                />
                <text x={width - right - 4} y={scale.at(guide.value) + 13} textAnchor="end" fill="var(--ink-3)">
                  {guide.label}
                </text>
              </g>
            ))}
            {marks.map((mark, i) => (
              <g key={`${mark.label}${i}`}>
                <line x1={px(mark.x)} x2={px(mark.x)} y1={top - 6} y2={height - bottom} stroke="var(--ink-3)" strokeDasharray="2 3" />
                <text
                  x={px(mark.x) + (px(mark.x) > width * 0.8 ? -5 : 5)}
                  y={11 + 14 * (lane[i] ?? 0)}
                  textAnchor={px(mark.x) > width * 0.8 ? "end" : "start"}
                  fill="var(--ink)"
                  fontWeight={600}
                >
                  {mark.label}
                </text>
              </g>
            ))}
            {chosen !== null && (
              <rect
                x={px(chosen) - 8}
                y={top}
                width={16}
                height={height - top - bottom}
                fill="var(--accent-soft)"
                opacity={0.5}
                stroke="var(--accent)"
                rx={3}
              />
            )}
            {area !== "" && <path d={area} fill="var(--series-1)" opacity={0.16} />}
            {lines.map((line, i) => (
              <path
                key={line.label}
                d={path(line.values)}
                fill="none"
                stroke={line.color ?? `var(--series-${i + 1})`}
                strokeWidth={2}
                strokeLinejoin="round"
              />
            ))}
            {lines.map((line, n) =>
              line.values.map(
                (value, i) =>
                  value !== null &&
                  line.values.filter((each) => each !== null).length <= 3 &&
                  (!log || value > 0) && (
                    <circle
                      key={`${n} ${i}`}
                      cx={px(x[i] ?? 0)}
                      cy={scale.at(value)}
                      r={3.5}
                      fill={line.color ?? `var(--series-${n + 1})`}
                    />
                  ),
              ),
            )}
            {band &&
              both.length <= 3 &&
              both.map((one) => (
                <line
                  key={`interval ${one.at}`}
                  x1={px(one.at)}
                  x2={px(one.at)}
                  y1={scale.at(one.low)}
                  y2={scale.at(one.high)}
                  stroke="var(--series-1)"
                  strokeWidth={2}
                />
              ))}
            {bounds.map((bound) => (
              <text key={bound.label} x={left + 6} y={scale.at(bound.value) + (bound.side === "above" ? -5 : 13)} fill="var(--fail)">
                {bound.label}
              </text>
            ))}
            {main &&
              failing.map((i) => (
                <g key={i} transform={`translate(${px(x[i] ?? 0) - 6} ${scale.at(main.values[i] ?? 0) - 6})`}>
                  <VerdictGlyph mark="fail" size={12} label={false} />
                </g>
              ))}
          </svg>
        )}
      </div>
    </figure>
  );
}
