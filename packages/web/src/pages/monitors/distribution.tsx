import { useState } from "react";
import type { Output } from "../../data/api.ts";
import { number } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";

type Column = Output<"monitors.column">;
const percent = (share: number): string => `${number(Number((share * 100).toPrecision(3)))} %`;
/** Neighbouring bins put together, so that no more than `most` are drawn; categories are left as they are. */
function drawn(
  bins: NonNullable<Column["distribution"]>["bins"],
  kind: "number" | "category",
  most: number,
): { label: string; reference: number; current: number }[] {
  if (kind === "category")
    return [...bins].sort((a, b) => Math.abs(b.current - b.reference) - Math.abs(a.current - a.reference)).slice(0, 30);
  const by = Math.ceil(bins.length / most);
  return Array.from({ length: Math.ceil(bins.length / by) }, (_, i) => bins.slice(i * by, i * by + by)).map((group) => ({
    label: by === 1 ? (group[0]?.label ?? "") : `${number(group[0]?.from)} to ${number(group.at(-1)?.to)}`,
    reference: group.reduce((sum, bin) => sum + bin.reference, 0),
    current: group.reduce((sum, bin) => sum + bin.current, 0),
  }));
}

/** Shares of the reference in grey, of the window in front; special bins and facts beside. */
export function Distribution({
  one,
  distribution,
  name,
}: {
  one: Column;
  distribution: NonNullable<Column["distribution"]>;
  name: string;
}) {
  const [table, setTable] = useState(false);
  const bins = drawn(distribution.bins, distribution.kind, 50);
  const most = Math.max(1e-9, ...bins.flatMap((bin) => [bin.reference, bin.current]));
  const wide = 640 / bins.length;
  return (
    <Card
      title="Distribution"
      note={
        <>
          <i
            aria-hidden
            style={{ display: "inline-block", width: 9, height: 9, background: "var(--reference)", opacity: 0.5, marginRight: 5 }}
          />
          training{" "}
          <i aria-hidden style={{ display: "inline-block", width: 12, borderTop: "2px solid var(--series-1)", margin: "0 5px 3px 10px" }} />
          {name}
        </>
      }
      right={
        <button
          type="button"
          onClick={() => setTable(!table)}
          style={{ background: "none", border: 0, color: "var(--accent-ink)", cursor: "pointer", minHeight: 24 }}
        >
          {table ? "Histogram" : "Table"}
        </button>
      }
    >
      <div className="grid two">
        {table ? (
          <div className="scroll" tabIndex={0} role="group" aria-label="Shares by bin" style={{ maxHeight: 260, overflowY: "auto" }}>
            <table>
              <thead>
                <tr>
                  <th>Bin</th>
                  <th className="num">Training</th>
                  <th className="num">{name}</th>
                </tr>
              </thead>
              <tbody>
                {distribution.bins.map((bin) => (
                  <tr key={bin.label}>
                    <td>{bin.label}</td>
                    <td className="num">{percent(bin.reference)}</td>
                    <td className="num">{percent(bin.current)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <figure style={{ margin: 0 }}>
            <svg
              viewBox="0 0 700 250"
              width="100%"
              role="img"
              aria-label={`Shares by bin of ${one.column}: training against ${name}`}
              style={{ font: "10.5px Inter, sans-serif", display: "block" }}
            >
              {[0, 0.5, 1].map((part) => (
                <g key={part}>
                  <line x1="46" x2="690" y1={220 - part * 200} y2={220 - part * 200} stroke="var(--line)" />
                  <text x="40" y={224 - part * 200} textAnchor="end" fill="var(--ink-3)">
                    {percent(most * part)}
                  </text>
                </g>
              ))}
              {bins.map((bin, i) => (
                <rect
                  key={bin.label}
                  x={48 + i * wide}
                  width={Math.max(1, wide - 1)}
                  y={220 - (bin.reference / most) * 200}
                  height={(bin.reference / most) * 200}
                  fill="var(--reference)"
                  opacity={0.45}
                >
                  <title>{`${bin.label}: training ${percent(bin.reference)}, window ${percent(bin.current)}`}</title>
                </rect>
              ))}
              {distribution.kind === "category" ? (
                bins.map((bin, i) => (
                  <rect
                    key={bin.label}
                    x={48 + i * wide + wide * 0.25}
                    width={Math.max(1, wide * 0.45)}
                    y={220 - (bin.current / most) * 200}
                    height={(bin.current / most) * 200}
                    fill="var(--series-1)"
                  />
                ))
              ) : (
                <path
                  d={`M48 220${bins.map((bin, i) => `V${220 - (bin.current / most) * 200}H${48 + (i + 1) * wide}`).join("")}V220Z`}
                  fill="var(--series-1)"
                  fillOpacity={0.13}
                  stroke="var(--series-1)"
                  strokeWidth={2}
                />
              )}
              {bins.length > 0 &&
                distribution.kind === "number" &&
                [0, 0.25, 0.5, 0.75].map((part) => {
                  const at = Math.round(part * bins.length);
                  return (
                    <text key={part} x={48 + at * wide} y={238} fill="var(--ink-3)">
                      {bins[at]?.label.split(" to ")[0]}
                    </text>
                  );
                })}
              {distribution.kind === "category" &&
                bins.map((bin, i) => (
                  <text
                    key={bin.label}
                    x={48 + (i + 0.5) * wide}
                    y={236}
                    textAnchor="middle"
                    fill="var(--ink-3)"
                    fontSize={wide < 24 ? 7.5 : 10}
                  >
                    {bin.label.slice(0, Math.max(3, Math.floor(wide / 6)))}
                  </text>
                ))}
            </svg>
            <figcaption className="muted">
              {distribution.kind === "number"
                ? `${distribution.bins.length} bins of equal share in training, drawn at equal width`
                : `${bins.length} of ${distribution.bins.length} values, those that moved most first`}
              {distribution.median.current !== null &&
                `; median ${number(distribution.median.current)}, ${number(distribution.median.reference)} in training`}
            </figcaption>
          </figure>
        )}
        <div>
          <h3 className="second" style={{ font: "inherit", margin: "0 0 6px" }}>
            Special bins
          </h3>
          {distribution.special.length === 0 ? (
            <p className="muted">none</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th>Bin</th>
                  <th className="num">Window</th>
                  <th className="num">Training</th>
                </tr>
              </thead>
              <tbody>
                {distribution.special.map((bin) => (
                  <tr key={bin.label}>
                    <td>{bin.label}</td>
                    <td className="num">{percent(bin.current)}</td>
                    <td className="num second">{percent(bin.reference)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <dl style={{ margin: 0, display: "grid", gap: 6, borderTop: "1px solid var(--line)", marginTop: 8, paddingTop: 10 }}>
            {one.facts.map((fact) => (
              <div key={fact.label} style={{ display: "flex", justifyContent: "space-between", gap: 10 }}>
                <dt className="second">{fact.label}</dt>
                <dd style={{ margin: 0, ...(fact.strong && { fontWeight: 600, color: "var(--fail)" }) }}>{fact.value}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>
    </Card>
  );
}
