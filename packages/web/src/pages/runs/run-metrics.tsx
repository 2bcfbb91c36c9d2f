import { count, number } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import type { RunDetail } from "./run-page.tsx";

/** Every metric: last, least, greatest, and what was not finite. */
export function RunMetrics({ run }: { run: RunDetail }) {
  if (run.metricFacts.length === 0) return null;
  const broken = run.metricFacts.some((one) => one.nonFinite > 0);
  return (
    <Card title="Metrics" note={String(run.metricFacts.length)} flush>
      <div className="scroll" tabIndex={0} role="group" aria-label="Metrics">
        <table>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" className="num">
                Last
              </th>
              <th scope="col" className="num">
                Least
              </th>
              <th scope="col" className="num">
                Greatest
              </th>
              <th scope="col" className="num">
                Points
              </th>
              <th scope="col" className="num">
                At step
              </th>
              {broken && (
                <th scope="col" className="num">
                  Not finite
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {run.metricFacts.map((one) => (
              <tr key={one.key}>
                <th scope="row" style={{ fontWeight: 400 }}>
                  {one.key}
                </th>
                <td className="num strong">{number(one.last)}</td>
                <td className="num">{number(one.min)}</td>
                <td className="num">{number(one.max)}</td>
                <td className="num">{count(one.points)}</td>
                <td className="num">{count(one.step)}</td>
                {broken && <td className="num">{one.nonFinite}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
