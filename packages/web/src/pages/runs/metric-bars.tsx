import { useState } from "react";
import { number, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import type { Run } from "./status.ts";

/** Last values of one metric, greatest first; bars begin at the least so that close runs can be told apart, and the axis says so. */
export function MetricBars({ project, runs, keys }: { project: string; runs: readonly Run[]; keys: readonly string[] }) {
  const [key, setKey] = useState(keys[0] ?? "");
  const rows = runs.flatMap((run) =>
    typeof run.metrics[key] === "number" && run.kind !== "step" ? [{ run, value: run.metrics[key] }] : [],
  );
  const shown = (
    rows.length > 0 ? rows : runs.flatMap((run) => (typeof run.metrics[key] === "number" ? [{ run, value: run.metrics[key] }] : []))
  )
    .toSorted((a, b) => b.value - a.value)
    .slice(0, 12);
  const most = Math.max(...shown.map((row) => row.value));
  const least = Math.min(...shown.map((row) => row.value));
  const low = least - (most - least || Math.abs(most) || 1) * 0.15;
  return (
    <Card
      title="Last values"
      note={`bars from ${number(low)}`}
      right={
        <label>
          <span className="visually-hidden">Metric</span>
          <select className="field" style={{ height: 26, width: "auto" }} value={key} onChange={(event) => setKey(event.target.value)}>
            {keys.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      }
    >
      <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 6 }}>
        {shown.map(({ run, value }) => (
          <li key={run.id} style={{ display: "grid", gridTemplateColumns: "150px 1fr 64px", gap: 10, alignItems: "center" }}>
            <span style={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
              <To href={`/p/${project}/runs/${run.id}`}>{run.name}</To> <code className="muted">{run.id.slice(0, 6)}</code>
            </span>
            <span aria-hidden style={{ height: 8, borderRadius: 4, background: "var(--sunken)" }}>
              <i
                style={{
                  display: "block",
                  height: 8,
                  borderRadius: 4,
                  background: "var(--seq-5)",
                  width: `${(((value - low) / (most - low || 1)) * 100).toFixed(1)}%`,
                }}
              />
            </span>
            <span style={{ textAlign: "right" }}>{number(value)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
