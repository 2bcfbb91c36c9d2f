import { useState } from "react";
import type { Output } from "../../data/api.ts";
import { count, day, number } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { Histogram } from "./histogram.tsx";

type Column = Output<"data.version">["profile"][number];

/** An edge or a quantile as the column is read: a time as its day. */
const edge = (column: Column, value: string | number | null | undefined): string =>
  value === null || value === undefined
    ? "–"
    : column.kind === "time"
      ? day(typeof value === "number" ? new Date(value * 1000).toISOString() : value)
      : number(value);
const median = (column: Column): string => edge(column, column.quantiles[Math.floor(column.quantiles.length / 2)]);
export const middle = (column: Column | null): string =>
  column === null ? "–" : column.quantiles.length > 0 ? median(column) : (column.top[0]?.value ?? "–");
export const nullShare = (column: Column | null): string =>
  column === null ? "–" : `${column.rows === 0 ? 0 : Number(((column.nulls / column.rows) * 100).toPrecision(2))} %`;

export function Profile({ profile }: { profile: readonly Column[] }) {
  const [open, setOpen] = useState<string | null>(null);
  const column = profile.find((one) => one.name === open);
  return (
    <>
      <Card title="Columns" note={`${profile.length}`} flush>
        <div className="scroll" tabIndex={0} role="group" aria-label="Table of columns">
          <table style={{ whiteSpace: "nowrap" }}>
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Distribution</th>
                <th scope="col" className="num">
                  Null
                </th>
                <th scope="col" className="num">
                  Distinct
                </th>
                <th scope="col" className="num">
                  Least
                </th>
                <th scope="col" className="num">
                  Median or mode
                </th>
                <th scope="col" className="num">
                  Greatest
                </th>
                <th scope="col">Most frequent</th>
              </tr>
            </thead>
            <tbody>
              {profile.map((one) => (
                <tr key={one.name} className={one.name === open ? "selected" : ""}>
                  <th scope="row" style={{ height: 52 }}>
                    <button
                      type="button"
                      aria-expanded={one.name === open}
                      onClick={() => setOpen(one.name === open ? null : one.name)}
                      style={{ color: "var(--accent-ink)" }}
                    >
                      {one.name}
                    </button>
                    <div className="muted" style={{ fontWeight: 400 }}>
                      {one.kind}, {one.type}
                    </div>
                  </th>
                  <td>
                    <Histogram column={one} />
                  </td>
                  <td className="num">{nullShare(one)}</td>
                  <td className="num">≈ {count(one.distinct)}</td>
                  <td className="num">{edge(one, one.min)}</td>
                  <td className="num">{middle(one)}</td>
                  <td className="num">{edge(one, one.max)}</td>
                  <td className="second" style={{ whiteSpace: "normal" }}>
                    {one.top
                      .slice(0, 3)
                      .map((top) => `${top.value} ${((top.count / one.rows) * 100).toFixed(1)}\u00a0%`)
                      .join(", ")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      {column && (
        <Card title={column.name} note={`${column.kind}, ${count(column.rows)} rows`}>
          <Large column={column} />
        </Card>
      )}
    </>
  );
}

const shown = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];
function Large({ column }: { column: Column }) {
  const last = column.quantiles.length - 1;
  const whole = Math.max(1, column.rows - column.nulls);
  return (
    <div className="grid halves">
      <Histogram column={column} width={520} height={170} />
      {last > 0 ? (
        <table>
          <thead>
            <tr>
              <th scope="col">Quantile</th>
              <th scope="col" className="num">
                Value
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((at) => (
              <tr key={at}>
                <th scope="row">{at * 100} %</th>
                <td className="num">{edge(column, column.quantiles[Math.round(at * last)])}</td>
              </tr>
            ))}
            {column.mean !== null && (
              <tr>
                <th scope="row">mean, standard deviation</th>
                <td className="num">
                  {number(column.mean)}, {number(column.standardDeviation)}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Value</th>
              <th scope="col" className="num">
                Rows
              </th>
              <th scope="col" className="num">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {column.top.slice(0, 10).map((top) => (
              <tr key={top.value}>
                <th scope="row">{top.value}</th>
                <td className="num">{count(top.count)}</td>
                <td className="num">{((top.count / whole) * 100).toFixed(2)} %</td>
              </tr>
            ))}
            {column.other > 0 && (
              <tr>
                <th scope="row" className="muted">
                  all others
                </th>
                <td className="num">{count(column.other)}</td>
                <td className="num">{((column.other / whole) * 100).toFixed(2)} %</td>
              </tr>
            )}
          </tbody>
        </table>
      )}
    </div>
  );
}
