import { count, number } from "./format.tsx";
import { VerdictGlyph } from "./verdict.tsx";
import "./interval-plot.css";

export type IntervalRow = {
  name: string;
  value: number;
  lower: number;
  upper: number;
  rows: number | null;
  mark: "pass" | "warn" | "fail" | "error" | "skipped" | "inconclusive";
  /** The same of what it is held against. */
  other: number | null;
};

/** Values with their intervals on one scale, worst first as given; the bound as a line. The numbers stand beside the drawing. */
export function IntervalPlot({
  rows,
  bound,
  label,
  otherName,
}: {
  rows: readonly IntervalRow[];
  bound: number | null;
  label: string;
  otherName?: string | undefined;
}) {
  const all = rows
    .flatMap((row) => [row.lower, row.upper, ...(row.other === null ? [] : [row.other])])
    .concat(bound === null ? [] : [bound]);
  const least = Math.min(...all);
  const most = Math.max(...all);
  const margin = (most - least || 1) * 0.06;
  const at = (value: number): string => `${((100 * (value - least + margin)) / (most - least + 2 * margin)).toFixed(2)}%`;
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="intervals">
        <thead>
          <tr>
            <th scope="col">Slice</th>
            <th scope="col" className="plot">
              <span className="ends">
                <span>{number(least)}</span>
                {bound !== null && <span className="bound-word">bound {number(bound)}</span>}
                <span>{number(most)}</span>
              </span>
            </th>
            <th scope="col" className="num">
              Value
            </th>
            <th scope="col" className="num">
              95 % interval
            </th>
            {otherName !== undefined && (
              <th scope="col" className="num">
                {otherName}
              </th>
            )}
            <th scope="col" className="num">
              Rows
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">
                <span className="verdict">
                  <VerdictGlyph mark={row.mark} size={13} />
                  {row.name}
                </span>
              </th>
              <td className="plot">
                <svg width="100%" height="20" aria-hidden>
                  {bound !== null && <line x1={at(bound)} x2={at(bound)} y1="0" y2="20" className="bound" />}
                  <line x1={at(row.lower)} x2={at(row.upper)} y1="10" y2="10" className={`range ${row.mark}`} />
                  {row.other !== null && <circle cx={at(row.other)} cy="10" r="3.2" className="other" />}
                  <circle cx={at(row.value)} cy="10" r="3.8" className={`point ${row.mark}`} />
                </svg>
              </td>
              <td className="num">{number(row.value)}</td>
              <td className="num second">
                [{number(row.lower)}, {number(row.upper)}]
              </td>
              {otherName !== undefined && <td className="num second">{number(row.other)}</td>}
              <td className="num">{row.rows === null ? "–" : count(row.rows)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
