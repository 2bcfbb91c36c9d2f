import { count, number } from "../../../parts/format.tsx";
import type { PlotLine } from "./plot.tsx";

const rowsAtMost = 200;
/** The same numbers as the drawing. */
export function CurveValues({
  x,
  lines,
  xText,
  summary,
  height,
}: {
  x: readonly number[];
  lines: readonly PlotLine[];
  xText: (x: number) => string;
  summary: string;
  height: number;
}) {
  return (
    <div className="scroll" style={{ maxHeight: height, overflowY: "auto" }} tabIndex={0} role="group" aria-label={summary}>
      <table>
        <thead>
          <tr>
            <th scope="col">x</th>
            {lines.map((line) => (
              <th key={line.label} scope="col" className="num">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.slice(0, rowsAtMost).map((at, i) => (
            <tr key={at}>
              <td>{xText(at)}</td>
              {lines.map((line) => (
                <td key={line.label} className="num">
                  {number(line.values[i])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {x.length > rowsAtMost && (
        <p className="muted">
          The first {rowsAtMost} of {count(x.length)}; zoom to see others.
        </p>
      )}
    </div>
  );
}
