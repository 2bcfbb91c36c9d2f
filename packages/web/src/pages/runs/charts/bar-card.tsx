import { useState } from "react";
import { number, To } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { colorOf, type Named } from "../table/columns.ts";
import type { Question } from "../table/view.ts";
import { NameChoice } from "./name-choice.tsx";
import { asNumber, metricsOf, usePoints } from "./values.ts";

const barsAtMost = 15;

/** The greatest or least values of one metric over all runs of the filter. Bars of one sign begin at zero, unless that would make them all alike. */
export function BarCard({
  project,
  question,
  drawn,
  names,
}: {
  project: string;
  question: Question;
  drawn: readonly string[];
  names: readonly Named[];
}) {
  const metrics = metricsOf(names);
  const [chosen, setChosen] = useState<string>();
  const [least, setLeast] = useState(false);
  const key = chosen ?? metrics[0];
  const { points, asking } = usePoints(
    question,
    key === undefined ? [] : [`${least ? "" : "-"}${key}`],
    key === undefined ? [] : [key],
    barsAtMost,
  );
  if (key === undefined) return null;
  const rows = points.flatMap((one) => {
    const value = asNumber(one.values[0]);
    return value === null ? [] : [{ ...one, value }];
  });
  const values = rows.map((one) => one.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const close = low > 0 && (high - low) / high < 0.2;
  const base = close ? low - (high - low || high) * 0.15 : Math.min(0, low);
  const top = Math.max(high, close ? high : 0);
  return (
    <Card
      title={least ? "Least values" : "Greatest values"}
      note={rows.length > 0 ? `bars from ${number(base)}` : undefined}
      right={
        <span className="chart-right">
          <NameChoice label="Metric of the bars" keys={metrics} value={key} onChoose={setChosen} />
          <button type="button" className="text-button" onClick={() => setLeast(!least)}>
            {least ? "Greatest" : "Least"}
          </button>
        </span>
      }
    >
      <ol className="bars" aria-busy={asking && rows.length === 0}>
        {rows.map((row) => (
          <li key={row.id}>
            <span className="clip">
              <To href={`/p/${project}/runs/${row.id}`}>{row.name}</To>
            </span>
            <span className="bar-track" aria-hidden>
              <i
                style={{
                  width: `${(100 * (row.value - base)) / (top - base || 1)}%`,
                  background: colorOf(row.id, drawn) ?? "var(--seq-5)",
                }}
              />
            </span>
            <span className="num">{number(row.value)}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
